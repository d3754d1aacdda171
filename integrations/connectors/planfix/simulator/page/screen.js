// Draws the screen of the simulated Planfix from its live state.
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

  Live.listen((state) => {
    Live.draw(at("managers"), "manager", state.managers, drawManager);
    Live.draw(at("calls"), "call", state.calls, drawCall);
    at("ringing").textContent = state.totals.ringing;
    at("total").textContent = state.totals.calls;
    at("history").hidden = state.calls.length === 0;
    at("no-calls").hidden = state.calls.length > 0;
  });

  at("clear").addEventListener("click", () => Live.act("clear", {}));
})();
