// What was just done: toasts of htmx answers (HX-Trigger {"toast": {"items": […]}}), of failed requests,
// and those a full page came with. Calm ones go after 6 s; failures and those with Undo stay until closed.
const CALM = 6000;

function watch(toast) {
  const stays = toast.dataset.toast === "failed" || toast.querySelector("form");
  if (stays) return;
  let timer = setTimeout(() => toast.remove(), CALM);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("focusin", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => { timer = setTimeout(() => toast.remove(), CALM); });
}

function show(note) {
  const form = document.querySelector(`[data-toast-form="${note.kind}"]`) || document.querySelector("[data-toast-form]");
  const toast = form.content.firstElementChild.cloneNode(true);
  toast.querySelector("p").textContent = note.message;
  const undo = toast.querySelector("form"), link = toast.querySelector("a");
  if (note.undo && undo) undo.action = note.undo; else if (undo) undo.remove();
  if (note.link) { link.textContent = note.link[0]; link.href = note.link[1]; } else link.remove();
  document.getElementById("toasts").append(toast);
  watch(toast);
}

document.addEventListener("toast", (event) => (event.detail.items || [event.detail]).forEach(show));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.getResponseHeader("HX-Trigger")) return;
  show({ kind: "failed", message: document.getElementById("toasts").dataset.failed });
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (event.detail.requestConfig?.verb === "get" && event.detail.elt.hasAttribute("hx-trigger")) return; // a poll tries again
    show({ kind: "failed", message: document.getElementById("toasts").dataset.offline });
  });
}
document.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove());

// a live region tells only what changes: put in again what the page came with
const region = document.getElementById("toasts");
const given = [...region.children];
given.forEach((toast) => toast.remove());
if (given.length) setTimeout(() => { region.append(...given); given.forEach(watch); }, 150);
