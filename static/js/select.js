// Rows of a list: [data-select] holds [data-select-row] boxes, [data-select-all] and a [data-select-bar] that
// appears with the count while something is ticked. Without script the boxes still belong to the form.
function update(list) {
  const rows = [...list.querySelectorAll("[data-select-row]")];
  const ticked = rows.filter((box) => box.checked).length;
  const all = list.querySelector("[data-select-all]");
  if (all) {
    all.checked = rows.length > 0 && ticked === rows.length;
    all.indeterminate = ticked > 0 && ticked < rows.length;
  }
  const bar = list.querySelector("[data-select-bar]");
  if (!bar) return;
  bar.hidden = ticked === 0;
  const count = bar.querySelector("[data-select-count]");
  const words = (ticked === 1 ? count.dataset.one : count.dataset.many).replace("#", ticked.toLocaleString(document.documentElement.lang));
  if (count.textContent !== words) count.textContent = words;
}

function tick(list, on) {
  list.querySelectorAll("[data-select-row]").forEach((box) => { box.checked = on; });
  update(list);
}

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-select]");
  if (!list) return;
  if (event.target.matches("[data-select-all]")) tick(list, event.target.checked);
  else if (event.target.matches("[data-select-row]")) update(list);
});
document.addEventListener("click", (event) => {
  const list = event.target.closest("[data-select-none]")?.closest("[data-select]");
  if (list) { tick(list, false); list.querySelector("[data-select-all]")?.focus(); }
});
document.addEventListener("htmx:load", () => document.querySelectorAll("[data-select]").forEach(update));
document.querySelectorAll("[data-select]").forEach(update);
