// The mapping editor without leaving the page: its buttons are sent in the background, and the answer takes the form's
// place. Without this script the same buttons load the page anew.
"use strict";
(() => {
  const QUICK = /^(show|add|remove|up|down|preview|dry)\b/;
  const editor = () => document.getElementById("map");
  let running = null;

  async function send(form, deed) {
    running?.abort();
    const own = (running = new AbortController());
    const data = new FormData(form);
    data.set("do", deed);
    editor().setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body: data, signal: own.signal, credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("map");
      if (!answer.ok || !fresh) throw new Error(String(answer.status));
      replace(fresh, deed);
    } catch (error) {
      // Whatever went wrong is shown by the page itself, loaded in the plain way.
      if (error.name !== "AbortError") plain(form, deed);
    }
  }

  function replace(fresh, deed) {
    const id = document.activeElement?.id;
    editor().replaceWith(document.adoptNode(fresh));
    focus(deed, id);
  }

  function focus(deed, id) {
    const [verb] = deed.split(":");
    const row = document.querySelector("[data-focused]");
    if (verb === "add") row?.querySelector("input:not([type=hidden])")?.focus();
    else if (row) (row.querySelector(`[value^="${verb}:"]:not(:disabled)`) ?? row.querySelector(".map-moves button:not(:disabled)"))?.focus();
    else if (verb === "remove") document.querySelector('[value="add"]')?.focus();
    else if (id) document.getElementById(id)?.focus();
    else document.querySelector(`[name="do"][value="${verb}"]:not(.map-hidden)`)?.focus();
  }

  function plain(form, deed) {
    const button = Object.assign(document.createElement("button"), { name: "do", value: deed, hidden: true });
    form.append(button);
    plainly = true;
    form.requestSubmit(button);
  }

  let plainly = false;
  document.addEventListener("submit", (event) => {
    const deed = event.submitter?.value ?? "";
    if (event.target.id !== "map-form" || plainly || !QUICK.test(deed)) return;
    event.preventDefault();
    send(event.target, deed);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-shows]")) send(event.target.form, "show");
  });
})();
