// Draws the screen of the simulated amoCRM from its live state.
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

  function drawRecording(node, url) {
    const link = node.querySelector(".record a");
    if (url) link.href = url;
    link.hidden = !url;
    node.querySelector(".record .none").hidden = Boolean(url);
  }

  function drawCall(node, call) {
    Live.fill(node, call);
    node.dataset.direction = call.direction;
    node.querySelector(".pill").className = `pill ${call.mood}`;
    drawRecording(node, call.record_url);
  }

  function drawWaiting(node, call) {
    Live.fill(node, call);
    node.querySelector(".pill").className = `pill ${call.mood}`;
    drawRecording(node, call.record_url);
    const button = node.querySelector("button");
    button.hidden = call.is_accepted;
    button.onclick = () => Live.act("accept", { uid: call.id });
  }

  function show(table, empty, rows) {
    at(table).hidden = rows.length === 0;
    at(empty).hidden = rows.length > 0;
  }

  Live.listen((state) => {
    Live.draw(at("managers"), "manager", state.managers, drawManager);
    Live.draw(at("calls"), "call", state.calls, drawCall);
    Live.draw(at("unsorted"), "waiting-call", state.unsorted, drawWaiting);
    Live.draw(at("contacts"), "contact", state.contacts, Live.fill);
    show("history", "no-calls", state.calls);
    show("unsorted-table", "no-unsorted", state.unsorted);
    show("contact-table", "no-contacts", state.contacts);
    at("total").textContent = state.totals.calls;
    at("waiting").textContent = state.totals.unsorted;
    at("contact-total").textContent = state.totals.contacts;
    at("webhooks").textContent = state.totals.webhooks;
    at("sent").textContent = state.totals.sent;
  });

  at("clear").addEventListener("click", () => Live.act("clear", {}));
})();
