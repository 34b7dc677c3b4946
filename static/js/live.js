// A part that replaces itself while something runs (data-live): a press, a selection or a field in
// use is never cut off, focus stays where it was, and each 10 % is said once, not each poll.
const said = document.getElementById("said");
let step = null;
let focused = null;

const live = () => document.querySelector("[data-live]");

const inUse = (part) => {
  const active = document.activeElement;
  if (part.matches(":active") || part.querySelector(":active")) return true;
  if (part.contains(active) && active.matches("input, select, textarea")) return true;
  const chosen = document.getSelection();
  return chosen && !chosen.isCollapsed && part.contains(chosen.anchorNode);
};

const keyOf = (part, one) => {
  if (!part.contains(one)) return null;
  if (one.id) return `#${CSS.escape(one.id)}`;
  if (one.tagName === "SUMMARY") return `#${CSS.escape(one.parentElement.id)} > summary`;
  return one.hasAttribute("href") ? `a[href="${CSS.escape(one.getAttribute("href"))}"]` : null;
};

const say = () => {
  const part = live();
  if (!part || !said) return;
  const now = Math.floor(Number(part.dataset.percent) / 10);
  if (step !== null && now !== step) said.textContent = part.dataset.said;
  step = now;
};

document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  if (!part.matches("[data-live]")) return;
  if (inUse(part)) event.detail.shouldSwap = false;
  else focused = keyOf(part, document.activeElement);
});

document.addEventListener("htmx:afterSettle", () => {
  say();
  if (focused && document.activeElement === document.body) {
    live()?.querySelector(focused)?.focus({ preventScroll: true });
  }
  focused = null;
});

say();
