// Draws the receiver's list of webhooks from its live state.
"use strict";

(() => {
  const at = (id) => document.getElementById(id);
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
    hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3,
  });

  function drawWebhook(node, webhook) {
    Live.fill(node, webhook);
    const time = node.querySelector("time");
    time.dateTime = new Date(webhook.at).toISOString();
    time.textContent = clock.format(webhook.at);
    node.querySelector(".verdict").className = `pill verdict ${webhook.mood}`;
    node.querySelector(".status").className = `pill status ${webhook.status_mood}`;
    Live.draw(node.querySelector(".headers"), "header", webhook.headers, Live.fill);
  }

  Live.listen((state) => {
    Live.draw(at("webhooks"), "webhook", state.webhooks, drawWebhook);
    at("webhooks").hidden = state.webhooks.length === 0;
    at("none").hidden = state.webhooks.length > 0;
    at("address").textContent = state.address;
    at("total").textContent = state.total;
    at("mode").dataset.mode = state.mode;
    if (document.activeElement !== at("mode")) at("mode").value = state.mode;
  });

  at("mode").addEventListener("change", (event) => {
    event.target.blur();
    Live.act("mode", { mode: event.target.value });
  });
  at("clear").addEventListener("click", () => Live.act("clear", {}));
})();
