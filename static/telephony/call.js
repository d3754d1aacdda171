// The call's timeline can be narrowed to what failed.
"use strict";
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-only-failures]")) return;
  for (const entry of document.querySelectorAll(".tel-entry")) entry.hidden = event.target.checked && !("failure" in entry.dataset);
});
