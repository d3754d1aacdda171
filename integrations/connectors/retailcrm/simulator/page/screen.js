// Draws the CRM screen from the simulator's live state.
"use strict";

(() => {
  const at = (id) => document.getElementById(id);
  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

  function drawCard(node, card) {
    Live.fill(node, card);
    node.dataset.state = card.state;
    node.dataset.direction = card.direction;
    node.dataset.since = card.since;
    node.querySelector(".pill").className = `pill ${card.mood}`;
    if (card.lasted) node.querySelector(".timer").textContent = card.lasted;
  }

  function drawManager(node, manager) {
    Live.fill(node, manager);
    node.dataset.status = manager.status;
    node.dataset.user = manager.id;
    const status = node.querySelector("select");
    if (document.activeElement !== status) status.value = manager.status;
    Live.draw(node.querySelector(".cards"), "card", manager.cards, drawCard);
  }

  function drawCall(node, call) {
    Live.fill(node, call);
    node.dataset.direction = call.direction;
    node.dataset.call = call.id;
    node.querySelector(".pill").className = `pill ${call.mood}`;
    const link = node.querySelector(".record a");
    if (call.record_url) link.href = call.record_url;
    link.hidden = !call.record_url;
    node.querySelector(".record .none").hidden = Boolean(call.record_url);
    node.querySelector(".do button").hidden = !call.can_call;
  }

  function tick() {
    for (const card of document.querySelectorAll('.card[data-state="ringing"]')) {
      const seconds = Math.max(0, Math.floor((Date.now() - Number(card.dataset.since)) / 1000));
      card.querySelector(".timer").textContent = clock(seconds);
    }
  }

  Live.listen((state) => {
    Live.draw(at("managers"), "manager", state.managers, drawManager);
    Live.draw(at("calls"), "call", state.calls, drawCall);
    at("ringing").textContent = state.totals.ringing;
    at("total").textContent = state.totals.calls;
    at("no-codes").hidden = state.has_codes;
    at("history").hidden = state.calls.length === 0;
    at("no-calls").hidden = state.calls.length > 0;
    tick();
  });
  setInterval(tick, 1000);

  at("clear").addEventListener("click", () => Live.act("clear", {}));
  at("managers").addEventListener("change", (event) => {
    const user = Number(event.target.closest(".manager").dataset.user);
    event.target.blur();
    Live.act("status", { user, status: event.target.value });
  });
  at("calls").addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    button.disabled = true;
    await Live.act("call", { call: Number(button.closest("tr").dataset.call) });
    button.disabled = false;
  });
})();
