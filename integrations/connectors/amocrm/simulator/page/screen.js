// Draws the screen of the simulated amoCRM from its live state.
"use strict";

(() => {
  function drawWaiting(node, call) {
    Calls.drawCall(node, call);
    const button = node.querySelector("button");
    button.hidden = call.is_accepted;
    button.onclick = () => Live.act("accept", { uid: call.id });
  }

  Calls.listen((state) => {
    Calls.table("unsorted", state.unsorted, drawWaiting, "waiting-call");
    Calls.table("contacts", state.contacts, Live.fill, "contact");
  });
})();
