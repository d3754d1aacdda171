// Forms marked data-submit-on-change are sent as soon as a choice is made.
"use strict";
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form) form.submit();
});

// Pages that show something still going on are loaded again, unless the person is in the middle of reading or typing.
document.addEventListener("DOMContentLoaded", () => {
  const living = document.querySelector("[data-reload]");
  if (!living) return;
  const isBusy = () => document.hidden || document.querySelector("main details[open], #content details[open]") || document.activeElement?.matches("input, select, textarea");
  setInterval(() => { if (!isBusy()) window.location.reload(); }, Number(living.dataset.reload) * 1000);
});

// The theme makes some of its buttons of elements that a keyboard does not reach.
const BUTTONS = "#main a:not([href])[x-on\\:click], span.cursor-pointer > span[x-on\\:click], div.cursor-pointer[x-on\\:click], h2.cursor-pointer[x-on\\:click]";
document.addEventListener("DOMContentLoaded", () => {
  // An icon is drawn by its name, which nobody wants to hear read aloud before the words beside it.
  for (const icon of document.querySelectorAll("span.material-symbols-outlined:not([aria-label])")) {
    if (icon.parentElement.textContent.trim() !== icon.textContent.trim()) icon.ariaHidden = "true";
  }
  for (const button of document.querySelectorAll(BUTTONS)) {
    button.tabIndex = 0;
    button.setAttribute("role", "button");
  }
  // On a narrow screen each cell carries its column's name, which is written like any other beginning of a line.
  for (const cell of document.querySelectorAll("[data-label]")) {
    cell.dataset.label = cell.dataset.label.charAt(0).toLocaleUpperCase() + cell.dataset.label.slice(1);
  }
});
document.addEventListener("keydown", (event) => {
  if ((event.key !== "Enter" && event.key !== " ") || !event.target.matches(BUTTONS)) return;
  event.preventDefault();
  event.target.click();
});
