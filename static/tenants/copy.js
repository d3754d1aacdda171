// Copies the text of the element named by data-copy; without clipboard access it selects it instead.
document.querySelectorAll("[data-copy]").forEach((button) => {
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = button.dataset.done;
    } catch {
      window.getSelection().selectAllChildren(source);
    }
  });
});
