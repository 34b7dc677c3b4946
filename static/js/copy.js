// <button data-copy="text" data-copied="Copied"> copies the text (empty: the address of this page) and says so
// in its own place; where copying is not allowed, the text is selected in a prompt.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  event.preventDefault();
  const text = button.dataset.copy || location.href;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    window.prompt(button.textContent.trim(), text);
    return;
  }
  document.dispatchEvent(new CustomEvent("toast", { detail: { kind: "done", message: button.dataset.copied || text } }));
});
document.querySelectorAll("[data-copy][hidden]").forEach((button) => { button.hidden = false; });
