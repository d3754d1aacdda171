// Draws what the simulated system keeps.
"use strict";

(() => {
  const at = (id) => document.getElementById(id);
  Live.listen((state) => {
    Live.draw(at("rows"), "row", state.rows, (node, row) => Live.fill(node, row));
    at("total").textContent = state.total;
    at("table").hidden = state.rows.length === 0;
    at("none").hidden = state.rows.length > 0;
  });
})();
