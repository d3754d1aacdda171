// Settings with rows: one more empty card at a click. Without this script, saving brings the next one.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("[data-table]")) {
    const blank = table.querySelector("[data-new]");
    const button = table.querySelector("[data-add]");
    if (!blank) continue;
    const { table: name, most } = table.dataset;
    const first = Number(blank.querySelector("[type=hidden]").value);
    const pattern = blank.cloneNode(true);
    let next = first + 1;
    button.hidden = next >= Number(most);
    button.addEventListener("click", () => {
      const card = pattern.cloneNode(true);
      for (const node of card.querySelectorAll("[id], [name], [for]")) {
        for (const attribute of ["id", "name", "for"]) {
          const value = node.getAttribute(attribute);
          if (value) node.setAttribute(attribute, value.replace(`${name}-${first}-`, `${name}-${next}-`));
        }
      }
      card.querySelector("[type=hidden]").value = String(next);
      button.before(card);
      card.querySelector("select, input:not([type=hidden])").focus();
      next += 1;
      button.hidden = next >= Number(most);
    });
  }
});
