"use strict";
// Names the document under the pointer below its strip; without this script the same text is a tooltip.
for (const strip of document.querySelectorAll(".strip")) {
  const line = strip.nextElementSibling;
  strip.addEventListener("pointerover", (event) => {
    const title = event.target.querySelector("title");
    line.textContent = title ? title.textContent : "";
  });
  strip.addEventListener("pointerleave", () => { line.textContent = ""; });
}
