// Charts and heat map, the choosers, and what the tools change: language and colours.
const step = data.interval_min / 60;
const PANEL = 284, GAP = 20;
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
let views = {};

function record(row, names) {
  const [day, slot, ...figures] = row;
  const hour = slot * step, at = (h) => clock(Math.round(h * 60));
  const found = { day: say().days[day], hour: hour, end: hour + step, time: at(hour) + "-" + at(hour + step) };
  names.forEach((name, i) => { found[name] = figures[i]; });
  if ("required" in found) { found.floor = found.required - found.uncovered; }
  return found;
}

// A step needs a point where the last half hour of a day ends.
function records(rows, names) {
  const found = [];
  rows.forEach((row, i) => {
    const now = record(row, names);
    found.push(now);
    if (i + 1 === rows.length || rows[i + 1][0] !== row[0]) {
      found.push(Object.assign({}, now, { hour: now.end }));
    }
  });
  return found;
}

const CHARTS = {
  seats: { place: "chart", rows: () => records(data.seats[Number(state.pool)], ["required", "rostered", "uncovered", "contacts"]) },
  demand: { place: "chart-demand", rows: () => records(data.demand[Number(state.source)], ["mean", "low", "high"]) }
};

// Panels in a row: as many as there is room for.
function fitting() {
  const width = live("chart").parentElement.clientWidth;
  return Math.max(1, Math.min(4, Math.floor((width + GAP) / PANEL)));
}

async function draw(name) {
  const chart = CHARTS[name], lang = state.lang;
  const specification = JSON.parse(JSON.stringify(specifications[lang][name]));
  specification.columns = fitting();
  specification.data.values = chart.rows();
  // ast: expressions are interpreted, so that the page may forbid eval.
  const made = await vegaEmbed(live(chart.place), specification, { renderer: "svg", actions: false, ast: true });
  if (lang !== state.lang) { made.finalize(); return; }
  if (views[name]) { views[name].finalize(); }
  views[name] = made;
}

function redraw(name) {
  if (!views[name]) { return; }
  const set = specifications[state.lang][name].data.name;
  views[name].view.data(set, CHARTS[name].rows()).resize().run();
}

async function charts() {
  await draw("seats");
  await draw("demand");
}

// Rostered less required seats of each pool in each half hour of the chosen day.
function heat() {
  const day = Number(state.day), w = say();
  const rows = data.pools.map((pool, i) => [pool, new Map(
    data.seats[i + 1].filter((row) => row[0] === day).map((row) => [row[1], row]))]);
  const slots = rows.flatMap(([, own]) => [...own.keys()]);
  const first = Math.floor(Math.min(48, ...slots) * step) / step, last = Math.max(first, ...slots) + 1;
  const hours = [];
  for (let slot = first; slot < last; slot += 1 / step) {
    hours.push(tag("th", { scope: "col", colspan: Math.min(1 / step, last - slot) }, clock(slot * data.interval_min).slice(0, 2)));
  }
  const cells = (own) => Array.from({ length: last - first }, (_, i) => heatCell(own.get(first + i), first + i, w));
  live("heat-map").replaceChildren(tag("table", { class: "heat" },
    tag("thead", {}, tag("tr", {}, tag("th", { class: "t", scope: "col" }, w.labels.pool), ...hours)),
    tag("tbody", {}, ...rows.map(([pool, own]) => tag("tr", {},
      tag("th", { class: "t", scope: "row", title: w.pools[pool] }, w.pools[pool]), ...cells(own))))));
}

function heatCell(row, slot, w) {
  if (!row || !(row[2] || row[3])) { return tag("td", { class: "closed" }); }
  const [, , required, rostered, uncovered] = row;
  const share = (seats) => seats / Math.max(required, 1), over = rostered - required;
  const told = [w.required + " " + required, w.rostered + " " + rostered];
  if (uncovered > 0) { told.push(w.short + " " + uncovered); }
  const kind = uncovered > 0 ? "short" + (share(uncovered) <= 0.1 ? 1 : share(uncovered) <= 0.3 ? 2 : 3)
    : share(over) < 0.1 ? "even" : share(over) <= 0.5 ? "spare1" : "spare2";
  const text = uncovered > 0 ? "−" + brief(uncovered) : over < 0.95 ? "" : "+" + brief(over);
  const time = clock(slot * data.interval_min) + "-" + clock((slot + 1) * data.interval_min);
  return tag("td", { class: kind, title: time + " " + told.join(", ") }, text);
}

function brief(seats) {
  return String(seats < 0.95 ? Math.round(seats * 10) / 10 : Math.round(seats));
}

function choose(id, key, options, changed) {
  const chooser = live(id);
  chooser.replaceChildren(...options);
  chooser.value = state[key];
  chooser.addEventListener("change", () => { state[key] = chooser.value; changed(); });
}

const option = (text, i) => new Option(text, String(i));

function group(label, options) {
  return tag("optgroup", { label: label }, ...options);
}

// Bring the body that is shown to life: its choosers, its lists, its charts.
function wake() {
  const w = say(), pools = data.pools.map((pool) => w.pools[pool]), shops = data.shops.map((shop) => w.shops[shop]);
  choose("pool", "pool", [w.labels.all_pools, ...pools].map(option), () => redraw("seats"));
  choose("source", "source", [option(w.all_shops, 0),
    group(w.pools_word, pools.map((name, i) => option(name, i + 1))),
    group(w.shops_word, shops.map((name, i) => option(name, i + 1 + pools.length)))], () => redraw("demand"));
  ["heat-day", "day"].forEach((id) => choose(id, "day", w.days.map(option), () => {
    document.querySelectorAll("select.day").forEach((other) => { other.value = state.day; });
    state.bars = BARS;
    heat();
    bars();
  }));
  const search = live("agent");
  let waiting = 0;
  search.value = state.query;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      Object.assign(state, { query: search.value, bars: BARS, lines: LINES });
      bars();
      grid();
    }, 120);
  });
  const theme = live("theme");
  const shown = () => (root.dataset.theme || (dark.matches ? "dark" : "light"));
  const tell = () => theme.setAttribute("aria-pressed", String(shown() === "dark"));
  theme.addEventListener("click", () => { root.dataset.theme = shown() === "dark" ? "light" : "dark"; tell(); });
  tell();
  live("language").addEventListener("click", exchange);
  document.querySelector("#body .tools").hidden = false;
  heat();
  bars();
  grid();
  reachable();
  charts();
}

// Show the body in the other language in the place of this one, at the same choices.
function exchange() {
  const here = live("body"), other = live("other");
  const now = [...here.childNodes], code = other.lang;
  here.replaceChildren(other.content);
  other.content.replaceChildren(...now);
  other.lang = root.lang;
  root.lang = code;
  state.lang = code.slice(0, 2);
  document.title = say().title;
  // What was drawn before is drawn anew, so that nothing listens twice.
  here.querySelectorAll("select, input, #language, #theme").forEach((old) => old.replaceWith(old.cloneNode(true)));
  Object.values(views).forEach((view) => view.finalize());
  views = {};
  wake();
  live("language").focus();
}

let columns = 0;
window.addEventListener("resize", () => {
  if (columns && columns !== fitting()) { columns = fitting(); charts(); }
});
// On paper the grid is whole.
window.addEventListener("beforeprint", () => { state.lines = roster.agents.length; grid(); });
wake();
columns = fitting();
