// Reading the page's data, and the roster: who does what on a day (bars), agents by days (grid).
// Rows are made as they are asked for, so that thousands of agents open at once.
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const live = (id) => document.getElementById(id);
const data = read("data"), words = read("words"), specifications = read("specifications");
const roster = data.roster;
const MIDNIGHT = 1440, BARS = 60, LINES = 100, MORE = 200, COLOURS = 8;
const state = {
  lang: document.documentElement.lang.slice(0, 2),
  pool: "0", source: "0", day: "0", query: "", bars: BARS, lines: LINES
};
const say = () => words[state.lang];

function fill(text, facts) {
  return text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
}

// An element with its attributes and children; texts are texts, whatever they look like.
function tag(name, attributes, ...children) {
  const made = document.createElement(name);
  Object.entries(attributes || {}).forEach(([key, value]) => {
    if (value !== null && value !== undefined) { made.setAttribute(key, value); }
  });
  made.append(...children);
  return made;
}

function clock(minutes) {
  const shown = minutes > MIDNIGHT ? minutes - MIDNIGHT : minutes;
  const two = (n) => String(n).padStart(2, "0");
  return two(Math.floor(shown / 60)) + ":" + two(shown % 60);
}

function done(what) {
  return what >= 0 ? data.pools[what] : say().activities[-1 - what];
}

// Agents whose number, name or team has every word that is searched.
const haystacks = roster.agents.map((agent) => agent.slice(0, 3).join("\n").toLowerCase());
function matching() {
  const asked = state.query.toLowerCase().split(/\s+/).filter(Boolean);
  return roster.agents.filter((_, i) => asked.every((word) => haystacks[i].includes(word)));
}

function bars() {
  const day = Number(state.day);
  const own = (agent) => agent[4][day];
  const start = (agent) => own(agent) < 0 ? [MIDNIGHT * 9, 0]
    : [roster.duties[own(agent)][4][0][0], roster.duties[own(agent)][4].slice(-1)[0][1]];
  const duty = roster.agents.map(own).filter((cell) => cell >= 0).map((cell) => roster.duties[cell]);
  const first = Math.floor(Math.min(MIDNIGHT, ...new Set(duty.map((d) => d[4][0][0]))) / 60);
  const last = Math.ceil(Math.max(first * 60 + 60, ...new Set(duty.map((d) => d[4].slice(-1)[0][1]))) / 60);
  const found = matching().filter((agent) => state.query.trim() || own(agent) >= 0);
  const order = found.map((agent) => [start(agent), agent]);
  order.sort(([a], [b]) => a[0] - b[0] || a[1] - b[1]);
  const shown = order.slice(0, state.bars).map(([, agent]) => agent);
  const left = (minute) => 100 * (minute / 60 - first) / (last - first);
  const place = (from, to) => "left:" + left(from).toFixed(3) + "%;width:" + (left(to) - left(from)).toFixed(3) + "%";
  const ruler = tag("div", { "aria-hidden": "true" });
  for (let hour = first; hour < last; hour += 2) {
    ruler.append(tag("i", { class: "tick", style: place(60 * hour, 60 * hour + 120) }, clock(60 * hour)));
  }
  const labels = say().labels;
  const table = tag("table", { class: "gantt", style: "--hour:" + (100 / (last - first)).toFixed(4) + "%" },
    tag("thead", {}, tag("tr", {},
      tag("th", { class: "t", scope: "col" }, labels.agent_id), tag("th", { class: "t", scope: "col" }, labels.shift),
      tag("th", { class: "track", scope: "col" }, ruler, tag("span", { class: "sr" }, labels.pool)))),
    tag("tbody", {}, ...shown.map((agent) => barsOf(agent, own(agent), place))));
  live("gantt").replaceChildren(table, ...more(found.length, "bars"));
  live("of-day").textContent = fill(say().of_day, { duty: duty.length, shown: shown.length });
}

function barsOf(agent, cell, place) {
  const who = tag("th", { class: "t", scope: "row", title: agent[1] }, agent[0] + " " + agent[1]);
  if (cell < 0) {
    return tag("tr", {}, who, tag("td", { class: "t soft" }, say().idle[roster.idle[-1 - cell][0]]), tag("td", { class: "track" }));
  }
  const [, text, , , parts] = roster.duties[cell];
  const spoken = parts.map(([from, to, what]) => clock(from) + "-" + clock(to) + " " + done(what));
  const drawn = parts.map(([from, to, what], i) => tag("i", {
    class: what >= 0 ? "bar" + what % COLOURS : what === -1 ? "meal" : "other",
    style: place(from, to), title: spoken[i]
  }, what === -1 ? "" : done(what)));
  return tag("tr", {}, who, tag("td", { class: "t" }, text), tag("td", { class: "track" },
    tag("div", { "aria-hidden": "true" }, ...drawn), tag("span", { class: "sr" }, spoken.join(", "))));
}

function grid() {
  const labels = say().labels, found = matching();
  const days = roster.days.map(([date, statutory, weekend], i) =>
    tag("th", { scope: "col", class: statutory ? "statutory" : weekend ? "off" : null },
      date.slice(5) + " " + say().weekdays[i] + (statutory ? " " + say().statutory : "")));
  const heads = (names, kind) => names.map((name) => tag("th", { class: kind, scope: "col" }, labels[name]));
  const foot = (label, cells) => tag("tr", {}, tag("td", { class: "t", colspan: 3 }, label), ...cells);
  const total = roster.paid_h.reduce((sum, hours) => sum + hours, 0);
  live("grid").replaceChildren(tag("table", { class: "roster" },
    tag("thead", {}, tag("tr", {}, ...heads(["agent_id", "name", "team"], "t"), ...days, ...heads(["paid_h", "late", "weekend"], "n"))),
    tag("tbody", {}, ...found.slice(0, state.lines).map(line)),
    tag("tfoot", {},
      foot(labels.on_duty, [...roster.on_duty.map((n) => tag("td", {}, String(n))), tag("td"), tag("td"), tag("td")]),
      foot(labels.paid_h, [...roster.paid_h.map((n) => tag("td", {}, short(n))), tag("td", { class: "n" }, short(total)), tag("td"), tag("td")]))),
  ...more(found.length, "lines"));
  live("found").textContent = fill(say().found, { found: found.length, all: roster.agents.length });
}

const short = (number) => String(Math.round(number * 100) / 100);

function line(agent) {
  const [id, name, team, weekend, cells] = agent;
  const duty = cells.filter((cell) => cell >= 0).map((cell) => roster.duties[cell]);
  const days = cells.map((cell) => {
    const kind = cell >= 0 ? roster.duties[cell][0] : roster.idle[-1 - cell][1];
    return tag("td", { class: kind }, cell >= 0 ? roster.duties[cell][1] : say().idle[roster.idle[-1 - cell][0]]);
  });
  const paid = duty.reduce((sum, each) => sum + each[2], 0), late = duty.filter((each) => each[3]).length;
  return tag("tr", {}, ...[id, name, team].map((text) => tag("td", { class: "t", title: text }, text)), ...days,
    ...[short(paid), late, weekend].map((n) => tag("td", { class: "n" }, String(n))));
}

// The button under a list that is not shown whole.
function more(all, list) {
  const left = all - state[list];
  if (left <= 0) { return []; }
  const button = tag("button", { type: "button", class: "more" }, fill(say().more, { number: Math.min(left, MORE) }));
  button.addEventListener("click", () => {
    state[list] += MORE;
    if (list === "bars") { bars(); } else { grid(); }
    const next = live(list === "bars" ? "gantt" : "grid");
    (next.querySelector("button") || next).focus();
    reachable();
  });
  return [button];
}

// A box that scrolls must be reachable by keyboard.
function reachable() {
  document.querySelectorAll("#body .box").forEach((box) => {
    const heading = box.closest("section").querySelector("h2");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", heading ? heading.textContent : "");
    if (box.scrollWidth > box.clientWidth + 1 || box.id) { box.tabIndex = 0; } else { box.removeAttribute("tabindex"); }
  });
}
