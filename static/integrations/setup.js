// An integration's page: tries the form before it is saved, and watches for the first request of the system.
document.querySelectorAll("[data-trial]").forEach((panel) => {
  const form = document.getElementById("integration_form");
  const result = panel.querySelector("[data-trial-result]");
  const button = panel.querySelector("button");
  if (!form || !button) return;
  panel.hidden = false;
  button.type = "button";
  button.addEventListener("click", async () => {
    const body = new FormData(form);
    body.set("connector", panel.dataset.connector);
    body.set("pk", panel.dataset.pk);
    button.disabled = true;
    result.textContent = result.dataset.waiting;
    try {
      const answer = await fetch(panel.dataset.trial, { method: "POST", body, credentials: "same-origin" });
      if (answer.ok || answer.status === 422) result.innerHTML = await answer.text();
      else result.textContent = result.dataset.lost;
    } catch {
      result.textContent = result.dataset.lost;
    }
    button.disabled = false;
  });
});

document.querySelectorAll("[data-inlet]").forEach((place) => {
  const every = 3000;
  let left = 200;
  const look = async () => {
    left -= 1;
    if (!document.hidden) {
      try {
        const answer = await fetch(place.dataset.inlet, { credentials: "same-origin" });
        if (answer.ok) place.innerHTML = await answer.text();
      } catch {
        return;
      }
    }
    wait();
  };
  const wait = () => {
    const state = place.querySelector("[data-arrived]");
    if (state && state.dataset.arrived === "0" && left > 0) window.setTimeout(look, every);
  };
  wait();
});
