// Draws the screen of the simulated Bitrix24 from its live state.
"use strict";

(() => {
  const at = (id) => document.getElementById(id);

  function drawCard(node, card) {
    Live.fill(node, card);
    node.dataset.state = card.state;
    node.dataset.direction = card.direction;
  }

  function drawManager(node, manager) {
    Live.fill(node, manager);
    Live.draw(node.querySelector(".cards"), "card", manager.cards, drawCard);
  }

  function drawCall(node, call) {
    Live.fill(node, call);
    node.dataset.direction = call.direction;
    node.querySelector(".pill").className = `pill ${call.mood}`;
    const link = node.querySelector(".record a");
    if (call.record_url) link.href = call.record_url;
    link.hidden = !call.record_url;
    node.querySelector(".record .none").hidden = Boolean(call.record_url);
  }

  function drawContact(node, contact) {
    Live.fill(node, contact);
    const button = node.querySelector("button");
    button.hidden = !contact.phone;
    button.onclick = () => Live.act("call", { id: contact.id });
  }

  Live.listen((state) => {
    Live.draw(at("contacts"), "contact", state.contacts, drawContact);
    at("people").textContent = state.totals.contacts;
    at("people-table").hidden = state.contacts.length === 0;
    at("no-contacts").hidden = state.contacts.length > 0;
    Live.draw(at("managers"), "manager", state.managers, drawManager);
    Live.draw(at("calls"), "call", state.calls, drawCall);
    at("ringing").textContent = state.totals.ringing;
    at("total").textContent = state.totals.calls;
    at("history").hidden = state.calls.length === 0;
    at("no-calls").hidden = state.calls.length > 0;
  });

  at("clear").addEventListener("click", () => Live.act("clear", {}));
})();
