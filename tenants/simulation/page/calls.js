// What the screens of simulated CRMs share: people with the cards of their calls, the history of calls, and totals.
"use strict";

const Calls = (() => {
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

  // A row with a result and perhaps a recording.
  function drawCall(node, call) {
    Live.fill(node, call);
    if (call.direction) node.dataset.direction = call.direction;
    node.querySelector(".pill").className = `pill ${call.mood}`;
    const link = node.querySelector(".record a");
    if (call.record_url) link.href = call.record_url;
    link.hidden = !call.record_url;
    node.querySelector(".record .none").hidden = Boolean(call.record_url);
  }

  // Rows of a table that gives way to an explanation while there are none.
  function table(name, rows, update, template = name) {
    Live.draw(at(name), template, rows, update);
    at(`${name}-table`).hidden = rows.length === 0;
    at(`no-${name}`).hidden = rows.length > 0;
  }

  // People whom somebody may call by a click (contacts.html).
  function contacts(rows) {
    table("contacts", rows, (node, contact) => {
      Live.fill(node, contact);
      const button = node.querySelector("button");
      button.hidden = !contact.phone;
      button.onclick = () => Live.act("call", { id: contact.id });
    }, "contact");
  }

  // `more` draws what only that simulator has.
  function listen(more = () => {}) {
    Live.listen((state) => {
      Live.draw(at("managers"), "manager", state.managers, drawManager);
      table("calls", state.calls, drawCall, "call");
      for (const node of document.querySelectorAll("[data-total]")) {
        node.textContent = state.totals[node.dataset.total];
      }
      more(state);
    });
    at("clear").addEventListener("click", () => Live.act("clear", {}));
  }

  return { listen, table, contacts, drawCall };
})();
