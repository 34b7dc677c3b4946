// <a href="/the/same/question" data-dialog="id"> opens <dialog id="id"> instead of going to the page;
// [data-close] closes it and the focus returns to the opener. <details data-menu> closes on Escape and outside.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog?.showModal && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    opener.closest("details[data-menu]")?.removeAttribute("open");
    dialog.showModal();
    dialog.addEventListener("close", () => opener.isConnected && opener.focus(), { once: true });
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target.matches("dialog")) event.target.close(); // the scrim
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
