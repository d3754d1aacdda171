// Search in the catalogue of systems. Without this script the whole catalogue is shown, by shelves.
document.querySelectorAll("[data-catalogue-search]").forEach((box) => {
  const input = box.querySelector("input");
  const count = box.querySelector("[data-catalogue-count]");
  const shelves = [...document.querySelectorAll("[data-shelf]")];
  const show = () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    shelves.forEach((shelf) => {
      let here = 0;
      shelf.querySelectorAll("[data-words]").forEach((entry) => {
        const fits = wanted.every((word) => entry.dataset.words.includes(word));
        entry.hidden = !fits;
        here += fits ? 1 : 0;
      });
      shelf.hidden = here === 0;
      shown += here;
    });
    count.textContent = shown === 0 ? count.dataset.none : "";
  };
  box.hidden = false;
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const first = document.querySelector("[data-words]:not([hidden]) a");
    if (first) first.click();
  });
  show();
});
