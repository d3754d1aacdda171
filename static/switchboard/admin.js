// Forms marked data-submit-on-change are sent as soon as a choice is made.
"use strict";
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form) form.submit();
});
