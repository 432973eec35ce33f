// Steps through samples and marks them. A mark is shown as stored only after the server has written it.

import { getFound, getRun, getSample, sendMark } from "./api.js";
import { make, spaced, thousands } from "./elements.js";
import { ListView } from "./list_view.js";
import { showSample } from "./sample_view.js";

const at = (id) => document.getElementById(id);
const filters = at("filters");
const reason = at("reason");
const SEARCH_DELAY = 200;

let shown = null; // the sample in sight
let context = null;
let wanted = -1; // the last sample that was asked for: a slower answer about an earlier one is let go
let searched = 0;
let saving = false;
const undone = []; // what the marks made here have replaced

const list = new ListView(at("list"), at("rows"), { onChoose: open, onProgress: sayProgress, onError: sayError });

start().catch(sayError);

async function start() {
  const run = await getRun();
  for (const [facet, choices] of Object.entries(run.choices)) {
    filters.elements[facet].replaceChildren(make("option", { value: "" }, "any"),
      ...choices.map(({ value, count }) => make("option", { value }, `${nameChoice(facet, value)} (${thousands(count)})`)));
  }
  sayProgress(run);
  await search(Number(sessionStorage.getItem("number") ?? -1));
}

function nameChoice(facet, value) {
  return facet === "target_tokens" ? thousands(Number(value)) : spaced(value);
}

// The sample `number`, or the one asked for by the time the list arrives, stays in sight if it is among those found.
async function search(number = null) {
  searched += 1;
  const own = searched;
  const asked = Object.fromEntries([...new FormData(filters)].filter(([, value]) => value));
  const said = await getFound(asked);
  if (own !== searched) return;
  list.setNumbers(said.numbers);
  sayProgress(said);
  at("found").textContent = said.numbers.length === 1 ? "1 sample" : `${thousands(said.numbers.length)} samples`;
  if (!said.numbers.length) {
    shown = context = null;
    at("sample").replaceChildren(make("p", { class: "note" }, "No sample is as asked for."));
    sayMark();
    return;
  }
  await open(Math.max(0, said.numbers.indexOf(number ?? wanted)));
}

async function open(place) {
  if (place < 0 || place >= list.numbers.length) {
    say(place < 0 ? "This is the first one." : "This was the last one of the list.");
    return;
  }
  const number = list.numbers[place];
  list.select(place);
  say("");
  toggleList(false);
  wanted = number;
  try {
    const sample = await getSample(number);
    if (wanted !== number) return;
    shown = sample;
    sessionStorage.setItem("number", String(number));
    reason.value = sample.mark?.reason ?? "";
    context = showSample(at("sample"), sample, sayError);
    window.scrollTo(0, 0);
    at("sample").scrollTop = 0;
    list.update(sample);
    sayProgress(sample);
    sayMark();
  } catch (error) {
    sayError(error);
  }
}

async function store(number, mark, why) {
  if (saving) return null;
  saving = true;
  try {
    const row = await sendMark(number, mark, why);
    list.update(row);
    sayProgress(row);
    if (shown?.number === number) {
      shown.mark = row.mark;
      reason.value = row.mark?.reason ?? "";
      sayMark();
    }
    say("");
    return row;
  } catch (error) {
    sayError(error);
    return null;
  } finally {
    saving = false;
  }
}

async function mark(what) {
  if (!shown) return;
  const { number, mark: before } = shown;
  reason.blur();
  if (await store(number, what, reason.value)) {
    undone.push({ number, before });
    if (wanted === number) await open(list.at + 1); // a new list may have moved on already
  }
}

// The last mark that was made here gives way to what was there before it; without one, that of the sample in sight.
async function undo() {
  const last = undone.at(-1) ?? (shown?.mark ? { number: shown.number, before: null } : null);
  if (!last) return;
  if (!(await store(last.number, last.before?.mark ?? null, last.before?.reason ?? ""))) return;
  undone.pop();
  const place = list.numbers.indexOf(last.number);
  if (place >= 0) await open(place);
}

function sayProgress({ marked, total }) {
  at("progress").textContent = `${thousands(marked)} of ${thousands(total)} marked`;
  at("bar").max = total || 1;
  at("bar").value = marked;
}

function sayMark() {
  const given = shown?.mark;
  at("marked").className = given?.mark ?? "";
  at("marked").textContent = given
    ? `Marked ${given.mark}${given.reason ? `: ${given.reason}` : ""}${given.reviewer ? ` (${given.reviewer})` : ""}` : "Not marked";
  for (const id of ["good", "bad"]) at(id).setAttribute("aria-pressed", String(given?.mark === id));
}

function say(text) {
  at("alert").textContent = text;
}

function sayError(error) {
  say(error.message);
}

function toggleList(open = !document.body.classList.contains("choosing")) {
  document.body.classList.toggle("choosing", open);
  at("list-toggle").setAttribute("aria-expanded", String(open));
}

function askReason() {
  reason.focus();
  reason.select();
}

const KEYS = {
  j: () => open(list.at + 1),
  k: () => open(list.at - 1),
  ArrowRight: () => open(list.at + 1),
  ArrowLeft: () => open(list.at - 1),
  g: () => mark("good"),
  b: askReason,
  u: undo,
  n: () => context?.step(1),
  p: () => context?.step(-1),
  "/": () => { toggleList(true); filters.elements.words.focus(); },
};
const IN_LIST = { ArrowDown: () => open(list.at + 1), ArrowUp: () => open(list.at - 1) };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const typing = event.target.closest("input, select, textarea");
  if (typing) {
    if (event.key === "Escape" || (event.key === "Enter" && typing.type === "search")) typing.blur();
    if (event.key === "Enter" && typing === reason) { event.preventDefault(); mark("bad"); }
    return;
  }
  const act = event.target === at("list") ? IN_LIST[event.key] ?? KEYS[event.key] : KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// Whoever chooses with the pointer goes on with keys: a box that kept them would take "g" for a value.
let byPointer = false;
filters.addEventListener("pointerdown", () => { byPointer = true; });
filters.addEventListener("keydown", () => { byPointer = false; });
filters.addEventListener("change", (event) => { if (byPointer && event.target.matches("select")) event.target.blur(); });

let waiting = 0;
filters.addEventListener("input", (event) => {
  clearTimeout(waiting);
  waiting = setTimeout(() => search().catch(sayError), event.target.name === "words" ? SEARCH_DELAY : 0);
});
for (const form of [filters, at("marking")]) form.addEventListener("submit", (event) => event.preventDefault());
at("previous").addEventListener("click", KEYS.k);
at("next").addEventListener("click", KEYS.j);
at("good").addEventListener("click", KEYS.g);
at("bad").addEventListener("click", () => mark("bad"));
at("undo").addEventListener("click", undo);
at("list-toggle").addEventListener("click", () => toggleList());
window.addEventListener("focus", () => list.forget());
