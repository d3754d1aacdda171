// Draws the screen of the simulated Bitrix24 from its live state.
"use strict";

(() => {
  function drawContact(node, contact) {
    Live.fill(node, contact);
    const button = node.querySelector("button");
    button.hidden = !contact.phone;
    button.onclick = () => Live.act("call", { id: contact.id });
  }

  Calls.listen((state) => Calls.table("contacts", state.contacts, drawContact, "contact"));
})();
