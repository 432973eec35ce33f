// The list of found samples: only the rows in sight exist, and what they show is fetched a page at a time.

import { getRows } from "./api.js";
import { make, spaced, thousands } from "./elements.js";

const ROW = 60;
const PAGE = 100;
const AROUND = 6;

export class ListView {
  constructor(list, rows, { onChoose, onProgress, onError }) {
    Object.assign(this, { list, rows, onChoose, onProgress, onError });
    this.numbers = [];
    this.known = new Map();
    this.asked = new Set();
    this.at = -1;
    list.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(list);
    rows.addEventListener("click", (event) => {
      const row = event.target.closest("[data-at]");
      if (row) this.onChoose(Number(row.dataset.at));
    });
  }

  setNumbers(numbers) {
    this.numbers = numbers;
    this.at = -1;
    this.rows.style.height = `${numbers.length * ROW}px`;
    this.list.scrollTop = 0;
    this.forget();
  }

  // What is shown may have been marked elsewhere.
  forget() {
    this.asked.clear();
    this.draw();
  }

  update(row) {
    this.known.set(row.number, row);
    this.draw();
  }

  select(at) {
    this.at = at;
    const top = at * ROW;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    const bottom = top + ROW - this.list.clientHeight;
    if (bottom > this.list.scrollTop) this.list.scrollTop = bottom;
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW) - AROUND);
    const last = Math.min(this.numbers.length, Math.ceil((this.list.scrollTop + this.list.clientHeight) / ROW) + AROUND);
    const shown = [];
    for (let at = first; at < last; at += 1) shown.push(this.row(at));
    this.rows.replaceChildren(...shown);
    this.list.setAttribute("aria-activedescendant", this.at >= 0 ? `row-${this.at}` : "");
    if (last > first) {
      this.fetch(Math.floor(first / PAGE));
      this.fetch(Math.floor((last - 1) / PAGE));
    }
  }

  row(at) {
    const known = this.known.get(this.numbers[at]);
    const mark = known?.mark?.mark ?? "";
    const row = make("div", {
      role: "option", id: `row-${at}`, class: `row ${mark}`, "data-at": at,
      "aria-selected": String(at === this.at), "aria-posinset": at + 1, "aria-setsize": this.numbers.length,
    });
    row.style.top = `${at * ROW}px`;
    if (known) {
      row.append(
        make("span", { class: "asked" }, known.question),
        make("span", { class: "tags" },
          make("span", {}, spaced(known.question_type)), make("span", {}, thousands(known.target_tokens)),
          known.outcome === "kept" ? null : make("span", {}, "dropped"),
          mark ? make("b", {}, mark) : null),
      );
    }
    return row;
  }

  async fetch(page) {
    if (this.asked.has(page)) return;
    this.asked.add(page);
    const numbers = this.numbers;
    try {
      const said = await getRows(numbers.slice(page * PAGE, (page + 1) * PAGE));
      for (const row of said.rows) this.known.set(row.number, row);
      this.onProgress(said);
      if (numbers === this.numbers) this.draw();
    } catch (error) {
      this.asked.delete(page);
      this.onError(error);
    }
  }
}
