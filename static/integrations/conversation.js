// A conversation's page: begins at the newest message, sends with Ctrl+Enter, and looks again while a message is on its way.
"use strict";

(() => {
  const page = document.querySelector(".con-page");
  if (!page) return;
  const room = page.querySelector(".con-room");
  room.scrollTop = room.scrollHeight;

  const box = document.getElementById("con-text");
  if (box) {
    box.addEventListener("keydown", (event) => {
      if (event.code === "Enter" && (event.ctrlKey || event.metaKey)) box.form.requestSubmit();
    });
  }
  const seconds = Number(page.dataset.reload);
  // Never while somebody writes.
  if (seconds) setTimeout(() => { if (!box || !box.value) window.location.reload(); }, seconds * 1000);
})();
