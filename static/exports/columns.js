// The table of columns: order by buttons, further computed columns, and a check of each expression while it is written.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const table = document.querySelector("[data-columns]");
  if (!table) return;
  const form = table.closest("form");
  // Not form.dataset: a field of that name stands in the form of templates, and hides it.
  const checkUrl = form.getAttribute("data-check-url");
  const body = table.querySelector("tbody");
  const blank = form.querySelector("[data-new-column]");

  const freshName = () => {
    const taken = new Set([...form.querySelectorAll('input[name="columns"]')].map((box) => box.value));
    let number = 1;
    while (taken.has(`computed_${number}`)) number += 1;
    return `computed_${number}`;
  };
  const add = () => {
    const row = blank.content.firstElementChild.cloneNode(true);
    const name = freshName();
    const box = row.querySelector('input[type="checkbox"]');
    box.value = name;
    box.checked = true;
    row.querySelector("label span").textContent = name;
    row.querySelector(".export-title").name = `title-${name}`;
    row.querySelector(".export-title").placeholder = name;
    const expression = row.querySelector(".export-expression");
    expression.name = `expression-${name}`;
    body.append(row);
    expression.focus();
  };
  const check = async (expression) => {
    const verdict = expression.parentElement.querySelector(".export-verdict");
    const text = expression.value;
    if (!text.trim()) { verdict.textContent = ""; return; }
    const query = new URLSearchParams({ dataset: table.dataset.columns, expression: text });
    const answer = await fetch(`${checkUrl}?${query}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || expression.value !== text) return;
    const found = await answer.json();
    verdict.textContent = found.message;
    verdict.dataset.tone = found.ok ? "good" : "bad";
  };
  let waiting = 0;
  form.addEventListener("input", (event) => {
    if (!event.target.classList.contains("export-expression")) return;
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => check(event.target), 300);
  });
  form.addEventListener("click", (event) => {
    const move = event.target.closest("[data-move]");
    if (move) {
      const row = move.closest("tr");
      if (move.dataset.move === "-1" && row.previousElementSibling) row.previousElementSibling.before(row);
      if (move.dataset.move === "1" && row.nextElementSibling) row.nextElementSibling.after(row);
      move.focus();
    }
    if (event.target.closest("[data-add-column]")) add();
  });
  const preview = form.querySelector("[data-preview]");
  preview?.addEventListener("click", async () => {
    const place = form.querySelector("[data-preview-place]");
    place.setAttribute("aria-busy", "true");
    const answer = await fetch(preview.dataset.preview, { method: "POST", body: new FormData(form) });
    place.innerHTML = answer.ok ? await answer.text() : "";
    place.removeAttribute("aria-busy");
  });
  const choice = form.querySelector("[data-template]");
  choice?.addEventListener("change", () => {
    const url = new URL(window.location.href);
    if (choice.value) url.searchParams.set("_template", choice.value);
    else url.searchParams.delete("_template");
    window.location.assign(url);
  });
});
