// Elements from plain values. Text goes into text nodes only; there is no other way in.

const SVG = "http://www.w3.org/2000/svg";

export function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function makeSvg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export function makeTable(columns, rows, attributes = {}) {
  const head = make("tr", {}, columns.map((column) => make("th", { scope: "col", class: column.number ? "n" : null }, column.name)));
  const body = rows.map((row) =>
    make("tr", {}, row.map((cell, n) => make("td", { class: columns[n].number ? "n" : null }, cell ?? ""))));
  const name = attributes["aria-label"];
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name },
    make("table", attributes, make("thead", {}, head), make("tbody", {}, body)));
}

export const thousands = (number) => number.toLocaleString("en-GB");
export const spaced = (name) => name.replaceAll("_", " ");
