// Draws every [data-figure] from the JSON it holds, with the templates of plotly-template.json. plotly.js is fetched
// when the first chart comes near. Figures are the same in both themes: colours that depend on the theme are named,
// traces by meta.part / meta.series (1 to 6), shapes and annotations by name: "gap", "mark", "end_label:2".
const { plotly, template } = document.querySelector("script[data-plotly]").dataset;
const dark = matchMedia("(prefers-color-scheme: dark)"), paper = matchMedia("print");
const lang = document.documentElement.lang;
let ready;

function script() {
  return new Promise((done, fail) => {
    const tag = Object.assign(document.createElement("script"), { src: plotly, onload: done, onerror: fail });
    document.head.append(tag);
  });
}

function load() {
  ready ||= Promise.all([fetch(template).then((answer) => answer.json()), script()]).then(([look]) => {
    const names = (form, count, make) => [...Array(count).keys()].map((n) => new Intl.DateTimeFormat(lang, { ...form, timeZone: "UTC" }).format(make(n)));
    const day = (n) => Date.UTC(2023, 0, 1 + n), month = (n) => Date.UTC(2023, n, 1);
    Plotly.register({ moduleType: "locale", name: "id", dictionary: {}, format: { days: names({ weekday: "long" }, 7, day), shortDays: names({ weekday: "short" }, 7, day), months: names({ month: "long" }, 12, month), shortMonths: names({ month: "short" }, 12, month), date: "%d/%m/%Y" } });
    return look;
  });
  return ready;
}

function over(low, high) { // deep merge, the figure's own word wins
  if (!low || !high || typeof low !== "object" || typeof high !== "object" || Array.isArray(high)) return high === undefined ? low : high;
  const out = { ...low };
  for (const key of Object.keys(high)) out[key] = over(low[key] ?? (typeof high[key] === "object" && !Array.isArray(high[key]) ? {} : undefined), high[key]);
  return out;
}

function split(trace) { // plotly fills across gaps and over earlier lines: each stretch of an area becomes a trace behind all lines
  if (!trace.fill) return [trace];
  const stretches = [], { fill, fillcolor, xaxis, yaxis } = trace;
  trace.y.forEach((y, n) => y === null ? stretches.push([]) : (stretches.at(-1) || stretches[stretches.push([]) - 1]).push(n));
  const areas = stretches.filter((rows) => rows.length).map((rows) => ({ type: "scatter", mode: "lines", x: rows.map((n) => trace.x[n]), y: rows.map((n) => trace.y[n]), fill, fillcolor, xaxis, yaxis, line: { width: 0 }, hoverinfo: "skip", showlegend: false }));
  return [...areas, { ...trace, fill: "none" }];
}

function themed(figure, look, theme) {
  const parts = look.parts[theme], colours = look[theme].layout.colorway;
  const own = (part, series) => over(structuredClone(parts[part] || {}), series ? { line: { color: colours[series - 1] }, marker: { color: colours[series - 1] } } : {});
  const data = figure.data.flatMap((trace) => split(over(own(trace.meta?.part, trace.meta?.series), trace))).sort((a, b) => (a.line?.width === 0 ? 0 : 1) - (b.line?.width === 0 ? 0 : 1));
  const named = (item) => { const [part, series] = (item.name || "").split(":"); return over(over(structuredClone(parts[part] || {}), series ? { font: { color: colours[series - 1] } } : {}), item); };
  const layout = { ...figure.layout, template: look[theme], separators: lang === "id" ? ",." : ".,", shapes: (figure.layout.shapes || []).map(named), annotations: (figure.layout.annotations || []).map(named) };
  return [data, layout, { ...look.config, locale: lang }];
}

async function draw(element) {
  const look = await load();
  const figure = JSON.parse(element.querySelector("script").textContent);
  const theme = dark.matches && !paper.matches ? "dark" : "light";
  await Plotly.react(element, ...themed(figure, look, theme));
  element.dataset.drawn = theme;
}

const near = new IntersectionObserver((seen) => seen.forEach((one) => one.isIntersecting && (near.unobserve(one.target), draw(one.target))), { rootMargin: "300px" });
const find = (root) => root.querySelectorAll?.("[data-figure]:not([data-drawn])").forEach((element) => near.observe(element));
const again = () => document.querySelectorAll("[data-drawn]").forEach(draw);
dark.addEventListener("change", again);
paper.addEventListener("change", again);
document.addEventListener("htmx:load", (event) => find(event.detail.elt.parentNode || document));
find(document);
