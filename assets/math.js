// Formulas: every element with data-tex becomes KaTeX. Loaded only by pages that have one.
import katex from "katex";

const MAX_MACRO_EXPANSIONS = 200; // an author's slip must not freeze a reader's tab

export function renderMath(elements) {
  for (const element of elements) {
    katex.render(element.dataset.tex, element, {
      displayMode: element.dataset.display === "1",
      maxExpand: MAX_MACRO_EXPANSIONS,
      throwOnError: false,
      trust: false,
    });
  }
}
