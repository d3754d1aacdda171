// Calls at this moment: asks for what changed while the page is looked at, and lets the durations tick.
"use strict";
(() => {
  const INTERVAL = 2000;
  const RETRY = 5000;
  let ahead = 0; // how far this machine's clock is ahead of the server's, in seconds

  function tick() {
    const now = Date.now() / 1000 - ahead;
    for (const time of document.querySelectorAll("time[data-since]")) {
      const seconds = Math.max(0, Math.round(now - Number(time.dataset.since)));
      const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
      const rest = String(seconds % 60).padStart(2, "0");
      time.textContent = hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
    }
  }

  function settle(place) {
    const shown = place.firstElementChild;
    ahead = Date.now() / 1000 - Number(shown.dataset.now);
    const said = document.querySelector("[data-live-said]");
    // Read aloud only when it changes, and only what matters.
    if (said && said.dataset.count !== shown.dataset.waiting) {
      said.dataset.count = shown.dataset.waiting;
      said.textContent = `${said.dataset.text}: ${shown.dataset.waiting}`;
    }
    tick();
  }

  function show(place, text) {
    const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const made = document.createElement("template");
    made.innerHTML = text;
    place.replaceChildren(...made.content.children);
    if (focused) place.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    settle(place);
  }

  async function ask(place) {
    const problem = document.querySelector("[data-live-problem]");
    let pause = INTERVAL;
    if (!document.hidden) {
      try {
        const seen = place.firstElementChild.dataset.version;
        const answer = await fetch(`${place.dataset.live}?seen=${seen}`, { credentials: "same-origin", redirect: "error" });
        if (!answer.ok) throw new Error(String(answer.status));
        if (answer.status !== 204) show(place, await answer.text());
        if (problem) problem.hidden = true;
      } catch {
        if (problem) problem.hidden = false;
        pause = RETRY;
      }
    }
    setTimeout(ask, pause, place);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const place = document.querySelector("[data-live]");
    if (!place) return;
    settle(place);
    setInterval(tick, 1000);
    setTimeout(ask, INTERVAL, place);
    document.addEventListener("visibilitychange", tick);
  });
})();
