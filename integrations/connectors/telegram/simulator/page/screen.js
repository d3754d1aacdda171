// Draws the chats of the simulated Telegram from their live state, and does what people do in them.
"use strict";

(() => {
  const at = (id) => document.getElementById(id);
  let chosen = "";
  let state = { chats: [] };

  const chat = () => state.chats.find((one) => one.id === chosen) || state.chats[0];

  // Telegram counts in UTF-16 units, as JavaScript does. Text is set as text, never as markup.
  const TAGS = { bold: "b", italic: "i", code: "code", text_link: "u" };
  function words(node, text, entities) {
    const edges = new Set([0, text.length]);
    entities.forEach((one) => { edges.add(one.offset); edges.add(one.offset + one.length); });
    const cuts = [...edges].sort((a, b) => a - b);
    node.replaceChildren(...cuts.slice(0, -1).map((start, place) => {
      let part = document.createTextNode(text.slice(start, cuts[place + 1]));
      entities.filter((one) => one.offset <= start && start < one.offset + one.length).forEach((one) => {
        const outer = document.createElement(TAGS[one.type] || "span");
        if (one.url) outer.title = one.url;
        outer.append(part);
        part = outer;
      });
      return part;
    }));
  }

  function drawKey(node, key) {
    Live.fill(node, key);
    node.querySelector("button").onclick = () => {
      if (key.url) { Live.say(key.url); return; }
      Live.act("press", { chat: chosen, message: key.id.split(":")[0], data: key.data });
    };
  }

  function drawBubble(node, one) {
    Live.fill(node, one);
    node.dataset.side = one.is_bot ? "bot" : "person";
    words(node.querySelector(".words"), one.text, one.entities);
    Live.draw(node.querySelector(".keys"), "key", one.buttons, drawKey);
  }

  function drawChat(node, one) {
    Live.fill(node, one);
    const button = node.querySelector("button");
    button.setAttribute("aria-current", String(one.id === chosen));
    button.onclick = () => { chosen = one.id; draw(); };
  }

  function draw() {
    const now = chat();
    if (!now) return;
    chosen = now.id;
    Live.draw(at("chats"), "chat", state.chats, drawChat);
    at("name").textContent = now.name;
    const list = at("said");
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
    Live.draw(list, "bubble", now.said.map((one) => ({ ...one, id: `${now.id}/${one.id}`, buttons: one.buttons })), drawBubble);
    if (isAtEnd) list.scrollTop = list.scrollHeight;
    list.hidden = now.said.length === 0;
    at("silence").hidden = now.said.length > 0;
    at("share").hidden = now.is_group;
    at("block").textContent = now.is_blocking ? at("block").dataset.unblock : at("block").dataset.block;
  }

  Live.listen((found) => {
    state = found;
    at("bot").textContent = found.bot;
    at("way").textContent = found.way;
    at("waiting").textContent = found.waiting;
    at("trouble").textContent = found.trouble;
    at("trouble").hidden = !found.trouble;
    draw();
  });

  at("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = at("text").value;
    at("text").value = "";
    await Live.act("write", { chat: chosen, text });
  });
  at("share").addEventListener("click", () => Live.act("share", { chat: chosen }));
  at("block").addEventListener("click", () => Live.act(chat().is_blocking ? "unblock" : "block", { chat: chosen }));
  at("clear").addEventListener("click", () => Live.act("clear", {}));
})();
