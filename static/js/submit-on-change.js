// Filters: <form data-submit-on-change> sends itself when a choice changes and a moment after typing;
// its [data-apply] button, needed without script, is hidden.
const PAUSE = 350;

function prepare(root) {
  for (const form of root.querySelectorAll?.("form[data-submit-on-change]") || []) {
    form.querySelectorAll("[data-apply]").forEach((button) => { button.hidden = true; });
  }
}

let timer;
function send(form, wait) {
  clearTimeout(timer);
  timer = setTimeout(() => form.isConnected && form.requestSubmit(), wait);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form && event.target.matches("select, input:not([type=search], [type=text])")) send(form, 0);
});
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form?.hasAttribute("hx-get") && event.target.matches("input[type=search]")) send(form, PAUSE);
});
// fields left at their default do not belong into the address
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("form[data-submit-on-change]")) return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt.parentNode || document));
prepare(document);
