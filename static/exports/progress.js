// Moves the bars of unfinished exports, on the list and on an export's own page. Asks only while the page is looked at.
"use strict";
(() => {
  const INTERVAL = 700;
  const RETRY = 5000;
  const bars = () => [...document.querySelectorAll('.export-bar[data-finished="0"]')];

  function show(bar, live) {
    const track = bar.querySelector(".export-track");
    track.setAttribute("aria-valuenow", live.percent);
    bar.querySelector(".export-fill").style.width = `${live.percent}%`;
    bar.querySelector('[data-part="label"]').textContent = live.state === "running" ? `${live.label} ${live.percent}%` : live.label;
    bar.dataset.tone = live.tone;
    bar.dataset.finished = live.is_finished ? "1" : "0";
    const card = bar.closest("[data-page-of]");
    if (card) {
      card.querySelector('[data-part="rows"]').textContent = live.rows;
      // The buttons and fields of a finished export are other ones.
      if (live.is_finished) window.location.reload();
      return;
    }
    const row = bar.closest("tr");
    for (const [name, text] of [["rows", live.rows], ["size_shown", live.size]]) {
      const cell = row?.querySelector(`.field-${name}`);
      if (cell && text) cell.textContent = text;
    }
    const link = bar.querySelector(".export-download");
    link.hidden = !live.download;
    link.href = live.download;
  }

  async function ask() {
    const waiting = bars();
    if (!waiting.length) return;
    if (document.hidden) return void setTimeout(ask, INTERVAL);
    const address = document.querySelector("[data-status]")?.dataset.status ?? "status/";
    const ids = waiting.map((bar) => bar.dataset.export).join(",");
    try {
      const response = await fetch(`${address}?ids=${ids}`, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      const found = new Map((await response.json()).exports.map((live) => [live.id, live]));
      for (const bar of waiting) {
        const live = found.get(bar.dataset.export);
        if (live) show(bar, live);
        else bar.dataset.finished = "1";
      }
      setTimeout(ask, INTERVAL);
    } catch {
      setTimeout(ask, RETRY);
    }
  }

  document.addEventListener("DOMContentLoaded", ask);
})();
