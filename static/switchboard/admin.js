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
