// One sample: what is asked, the answer, its proof, what models answered, and its context.

import { ContextView } from "./context_view.js";
import { make, makeSvg, makeTable, spaced, thousands } from "./elements.js";

export function showSample(place, sample, onError) {
  const context = new ContextView(sample.number, sample, onError);
  place.replaceChildren(
    make("p", { class: "tags" },
      [spaced(sample.question_type), spaced(sample.task), spaced(sample.domain), `${thousands(sample.target_tokens)} tokens`,
        `${sample.n_pieces} documents`, sample.maker, sample.difficulty === null ? null : `difficulty ${sample.difficulty.toFixed(2)}`]
        .filter(Boolean).map((tag) => make("span", {}, tag)),
      make("code", {}, sample.sample_id)),
    sample.outcome === "kept" ? "" : make("p", { class: "why" },
      make("b", {}, `Dropped by ${spaced(sample.outcome)}. `), sample.detail),
    make("p", { class: "question" }, sample.question),
    make("p", { class: "answer" }, make("span", {}, "Answer "), make("b", {}, sample.answer), " ", make("i", {}, sample.unit)),
    strip(sample, context),
    evidence(sample, context),
    proof(sample),
    sample.trials.length ? trials(sample) : "",
    checks(sample),
    context.element);
  return context;
}

function strip(sample, context) {
  const line = make("p", { class: "pointed", "aria-hidden": "true" });
  const name = (piece) => {
    const shown = piece.role === "hard" ? "similar" : piece.role;
    return `${piece.number}. ${piece.title} (${shown}, ${thousands(piece.n_tokens)} tokens${piece.excerpt ? ", excerpt" : ""})`;
  };
  const drawn = makeSvg("svg", {
    class: "strip", width: "100%", height: "34", viewBox: "0 0 100 34", preserveAspectRatio: "none", role: "img",
    "aria-label": `Documents of the context in order, ${sample.n_pieces} in all, with the evidence marked`,
  },
  sample.pieces.map((piece) => makeSvg("rect", {
    class: piece.role, x: piece.left, y: 6, width: piece.width, height: 22,
    click: () => context.open(Number.parseInt(piece.number, 10)),
    pointerenter: () => { line.textContent = name(piece); },
  }, makeSvg("title", {}, name(piece)))),
  sample.evidence.map((item) => makeSvg("line", { class: "mark", x1: item.depth, x2: item.depth, y1: 0, y2: 34 })));
  drawn.addEventListener("pointerleave", () => { line.textContent = ""; });
  return make("div", {}, drawn, line);
}

function evidence(sample, context) {
  return make("section", { "aria-label": "Evidence" }, make("h2", {}, "Evidence"),
    make("ol", { class: "evidence" }, sample.evidence.map((item, n) => make("li", {},
      make("p", { class: "where" },
        [`Document ${item.document}`, item.title].join(", "), item.place ? `; ${item.place}` : "", `; at ${item.depth}% of the context `,
        make("button", { type: "button", class: "jump", click: () => context.showEvidence(n) }, "Show in context")),
      make("blockquote", {}, item.passage.table_head ? make("span", { class: "head" }, item.passage.table_head) : null,
        item.passage.before, make("mark", {}, item.passage.quote), item.passage.after)))));
}

function proof(sample) {
  const rows = sample.read_rows;
  if (!rows && !sample.sql && !sample.reasoning && !sample.path.length) return "";
  return make("section", { "aria-label": "Reasoning" }, make("h2", {}, "Reasoning"),
    sample.path.length ? make("ol", { class: "path" }, sample.path.map((step) => make("li", {},
      make("b", {}, step.name), " ", make("i", {}, step.type),
      step.relation ? make("span", { class: "hop" }, step.forward ? `${step.relation} →` : `← ${step.relation}`,
        step.document ? make("small", {}, ` document ${step.document}`) : null) : null))) : null,
    rows ? makeTable(rows.columns.map((name) => ({ name })), rows.rows, { class: "rows", "aria-label": "Rows that the query read" }) : null,
    rows?.left_out ? make("p", { class: "note" }, `and ${rows.left_out} more rows`) : null,
    sample.sql ? make("pre", { tabindex: "0" }, sample.sql) : null,
    sample.reasoning ? make("pre", { tabindex: "0" }, sample.reasoning) : null);
}

function trials(sample) {
  const columns = [{ name: "Asked" }, { name: "Right", number: true }, { name: "Estimate, with its 95% interval" },
    { name: "Answers" }, { name: "Tokens", number: true },
    { name: "Depth", number: true }, { name: "Model" }];
  const rows = sample.trials.map((trial) => [trial.version, `${trial.passes} of ${trial.n}`, trial.solved,
    make("span", { class: "answers" }, trial.answers.map(([answer, count]) => make("span", {}, answer, count > 1 ? make("i", {}, ` × ${count}`) : null))),
    trial.length ? thousands(trial.length) : "", trial.depth, trial.model]);
  return make("section", { "aria-label": "What models answered" }, make("h2", {}, "What models answered"),
    makeTable(columns, rows, { class: "rows", "aria-label": "Trials" }));
}

function checks(sample) {
  const say = (check) => {
    if (check.k === 0) return "not asked";
    return check.passed ? "held" : "did not hold";
  };
  const rows = sample.checks.map((check) => [spaced(check.name), say(check), check.k > 1 ? `${check.passes} of ${check.k}` : "", check.detail]);
  return make("section", { "aria-label": "Checks" }, make("h2", {}, "Checks"), rows.length
    ? makeTable([{ name: "Check" }, { name: "Result" }, { name: "Passes", number: true }, { name: "Detail" }], rows, { class: "rows", "aria-label": "Checks" })
    : make("p", { class: "note" }, "None."));
}
