// What every simulator's page shares: the live stream, keyed drawing without markup, buttons and messages.
"use strict";

const Live = (() => {
  const language = document.documentElement.lang;

  // Fills the data-slot elements of a node; values are only ever text, attributes are set by the caller.
  function fill(node, values) {
    for (const slot of node.querySelectorAll("[data-slot]")) {
      const value = values[slot.dataset.slot];
      if (value === undefined) continue;
      const text = String(value ?? "");
      if (slot.textContent !== text) slot.textContent = text;
      slot.hidden = text === "" && "optional" in slot.dataset;
    }
  }

  // Makes the children of `parent` be the `items`, in order, reusing the node of an item already shown.
  function draw(parent, templateId, items, update) {
    const template = document.getElementById(templateId);
    const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
    items.forEach((item, index) => {
      const key = String(item.id);
      let node = old.get(key);
      if (!node) {
        node = template.content.firstElementChild.cloneNode(true);
        node.dataset.key = key;
      }
      old.delete(key);
      update(node, item);
      if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
    });
    for (const node of old.values()) node.remove();
  }

  function listen(show) {
    const link = document.getElementById("link");
    const mark = (isOn) => {
      link.textContent = isOn ? link.dataset.on : link.dataset.off;
      link.classList.toggle("on", isOn);
      link.classList.toggle("off", !isOn);
    };
    const source = new EventSource(`/_page/stream?lang=${encodeURIComponent(language)}`);
    source.onmessage = (event) => { mark(true); show(JSON.parse(event.data)); };
    source.onerror = () => mark(false);
  }

  let hiding;
  function say(message) {
    const toast = document.getElementById("toast");
    toast.textContent = message;
    toast.hidden = false;
    clearTimeout(hiding);
    hiding = setTimeout(() => { toast.hidden = true; }, 6000);
  }

  async function act(action, data) {
    try {
      const response = await fetch(`/_page/act/${action}?lang=${encodeURIComponent(language)}`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(data),
      });
      say((await response.json()).message);
    } catch {
      say(document.getElementById("toast").dataset.failed);
    }
  }

  return { fill, draw, listen, say, act };
})();
