// The context of a sample, document by document: nothing is fetched before it is opened, and then a window at a
// time.

import { getWindow } from "./api.js";
import { make, thousands } from "./elements.js";

const ROLES = { needed: "needed", hard: "similar", random: "random" };

export class ContextView {
  constructor(number, sample, onError) {
    this.onError = onError;
    this.number = number;
    this.documents = new Map(sample.documents.map((shown) => [shown.number, new DocumentView(number, shown, onError)]));
    this.places = sample.documents.flatMap((shown) => shown.evidence.map((evidence) => [shown.number, evidence]));
    this.at = -1;
    this.element = make("section", { "aria-label": "Context" },
      make("h2", {}, "Context"),
      make("p", { class: "note" }, `${sample.documents.length} documents, ${thousands(sample.n_prompt_tokens)} tokens in the prompt. `,
        make("button", { type: "button", id: "open-all", click: () => this.openAll() }, "Show all"),
        this.places.length ? make("button", { type: "button", click: () => this.step(-1) }, "Previous evidence ", make("kbd", {}, "p")) : null,
        this.places.length ? make("button", { type: "button", click: () => this.step(1) }, "Next evidence ", make("kbd", {}, "n")) : null),
      make("div", { class: "documents" }, [...this.documents.values()].map((view) => view.element)));
  }

  // Every document is opened; each fetches its text when it comes into sight.
  openAll() {
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((seen) => seen.isIntersecting)) {
        watcher.unobserve(entry.target);
        this.documents.get(Number(entry.target.dataset.document)).fetchFirst();
      }
    }, { rootMargin: "200px" });
    for (const view of this.documents.values()) {
      view.element.open = true;
      watcher.observe(view.element);
    }
  }

  open(number) {
    const view = this.documents.get(number);
    view.element.open = true;
    view.fetchFirst();
    view.element.scrollIntoView({ block: "start" });
  }

  step(by) {
    if (!this.places.length) return;
    this.at = (this.at + by + this.places.length) % this.places.length;
    this.show(...this.places[this.at]);
  }

  showEvidence(evidence) {
    const at = this.places.findIndex((place) => place[1] === evidence);
    if (at < 0) return;
    this.at = at;
    this.show(...this.places[at]);
  }

  async show(number, evidence) {
    const view = this.documents.get(number);
    view.element.open = true;
    const mark = await view.find(evidence);
    if (!mark) return;
    for (const other of this.element.querySelectorAll("mark.here")) other.classList.remove("here");
    mark.classList.add("here");
    mark.scrollIntoView({ block: "center" });
  }
}

class DocumentView {
  constructor(sample, shown, onError) {
    Object.assign(this, { sample, shown, onError, start: 0, end: 0, total: 0, loading: null });
    this.text = make("div", { class: "text", tabindex: "0", role: "region", "aria-label": `Text of document ${shown.number}` });
    this.earlier = make("button", { type: "button", hidden: true, click: () => this.extend(-1) }, "Earlier text");
    this.later = make("button", { type: "button", hidden: true, click: () => this.extend(1) }, "Later text");
    this.place = make("p", { class: "note" });
    this.element = make("details", { class: `document ${shown.role}`, "data-document": shown.number },
      make("summary", {},
        make("span", { class: "number" }, String(shown.number)),
        make("span", { class: "title" }, shown.title),
        make("span", { class: "about" }, `${ROLES[shown.role]}, ${thousands(shown.n_tokens)} tokens${shown.excerpt ? ", excerpt" : ""}${shown.evidence.length ? `, ${shown.evidence.length} evidence` : ""}`)),
      this.place, this.earlier, this.text, this.later);
    // Opened by hand, as against by openAll, its text is wanted at once.
    this.element.querySelector("summary").addEventListener("click", () => this.fetchFirst());
  }

  fetchFirst() {
    return this.total ? Promise.resolve() : this.load({ start: 0 });
  }

  async find(evidence) {
    const selector = `mark[data-evidence="${evidence}"]`;
    if (!this.text.querySelector(selector)) await this.load({ evidence }, true);
    return this.text.querySelector(selector);
  }

  async extend(direction) {
    await this.load(direction > 0 ? { start: this.end } : { before: this.start });
  }

  // One request at a time: they would be put together in the order in which they come.
  load(values, anew = false) {
    this.loading = (this.loading ?? Promise.resolve()).then(() => this.put(values, anew));
    return this.loading;
  }

  async put(values, anew) {
    if (values.start === 0 && this.total) return;
    let said;
    try {
      said = await getWindow(this.sample, this.shown.number, values);
    } catch (error) {
      this.onError(error);
      return;
    }
    const parts = said.parts.map((part) =>
      part.evidence === null ? document.createTextNode(part.text) : make("mark", { "data-evidence": part.evidence }, part.text));
    if (anew || !this.total) {
      this.text.replaceChildren(...parts);
      [this.start, this.end] = [said.start, said.end];
    } else if (values.before !== undefined) {
      this.text.prepend(...parts);
      this.start = said.start;
    } else {
      this.text.append(...parts);
      this.end = said.end;
    }
    this.total = said.total;
    this.earlier.hidden = this.start === 0;
    this.later.hidden = this.end >= this.total;
    this.place.textContent = this.end - this.start < this.total
      ? `Characters ${thousands(this.start + 1)} to ${thousands(this.end)} of ${thousands(this.total)}` : "";
  }
}
