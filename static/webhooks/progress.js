// Shows the page anew while its work goes on, and only while somebody looks at it.
"use strict";
(() => {
  const INTERVAL = 1500;
  function again() {
    if (document.hidden) setTimeout(again, INTERVAL);
    else window.location.reload();
  }
  document.addEventListener("DOMContentLoaded", () => {
    if (document.querySelector('[data-unfinished="1"]')) setTimeout(again, INTERVAL);
  });
})();
