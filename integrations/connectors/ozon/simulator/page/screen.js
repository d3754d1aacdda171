// Draws the simulated Ozon cabinet from its live state.
"use strict";

(() => {
  const at = (id) => document.getElementById(id);

  function drawPosting(node, posting) {
    Live.fill(node, posting);
    node.querySelector(".pill").className = `pill ${posting.mood}`;
    node.querySelector('[data-act="next"]').hidden = !posting.can_move;
    node.querySelector('[data-act="cancel"]').hidden = !posting.can_cancel;
    node.querySelector('[data-act="return"]').hidden = !posting.can_return;
  }

  function drawPush(node, push) {
    Live.fill(node, push);
    node.querySelector(".pill").className = `pill ${push.mood}`;
  }

  Live.listen((state) => {
    Live.draw(at("postings"), "posting", state.postings, drawPosting);
    Live.draw(at("stocks"), "stock", state.stocks, Live.fill);
    Live.draw(at("pushes"), "push", state.pushes, drawPush);
    at("total").textContent = state.totals.postings;
    at("postings-table").hidden = state.postings.length === 0;
    at("no-postings").hidden = state.postings.length > 0;
    at("pushes-table").hidden = state.pushes.length === 0;
    at("no-pushes").hidden = state.pushes.length > 0;
    at("paused").hidden = !state.is_paused;
    at("disconnect").hidden = state.url === "";
    if (document.activeElement !== at("url") && state.url) at("url").value = state.url;
  });

  at("order").addEventListener("click", () => Live.act("order", {}));
  at("postings").addEventListener("click", (event) => {
    const action = event.target.dataset.act;
    if (action) Live.act(action, { id: event.target.closest("tr").dataset.key });
  });
  at("stocks").addEventListener("click", (event) => {
    const by = Number(event.target.dataset.by);
    if (by) Live.act("stock", { id: event.target.closest("tr").dataset.key, by });
  });
  at("target").addEventListener("submit", (event) => {
    event.preventDefault();
    Live.act("connect", { url: at("url").value });
  });
  at("disconnect").addEventListener("click", () => Live.act("disconnect", {}));
})();
