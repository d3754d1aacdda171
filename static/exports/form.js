// The form before an export: options of other formats are hidden, all or no columns by one click.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector(".export-form");
  const follow = () => {
    const format = form.querySelector('input[name="format"]:checked')?.value;
    for (const option of form.querySelectorAll("[data-option]")) {
      const [owner] = option.dataset.option.split("_");
      option.hidden = owner !== "any" && owner !== format;
    }
  };
  form.addEventListener("change", follow);
  for (const button of form.querySelectorAll("[data-check]")) {
    button.addEventListener("click", () => {
      for (const box of form.querySelectorAll('input[name="columns"]')) box.checked = button.dataset.check === "all";
    });
  }
  follow();
});
