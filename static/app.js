// Everything that a page does beyond HTML. Each part starts only where its elements are.
const labels = document.body.dataset;

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${labels.icons}#${name}`);
  svg.append(use);
  return svg;
}

// ---------- theme: as the system, light, dark ----------

const THEMES = ["auto", "light", "dark"];

function chosenTheme() {
  return document.documentElement.dataset.theme ?? "auto";
}

function applyTheme(theme) {
  const root = document.documentElement.dataset;
  if (theme === "auto") delete root.theme;
  else root.theme = theme;
  try {
    if (theme === "auto") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Storage can be forbidden; the choice then lasts for this page.
  }
}

function showTheme(button) {
  const theme = chosenTheme();
  button.setAttribute("aria-label", button.dataset[theme]);
  button.title = button.dataset[theme];
  for (const part of button.querySelectorAll("[data-theme-icon]")) part.hidden = part.dataset.themeIcon !== theme;
}

for (const button of document.querySelectorAll("[data-theme-button]")) {
  button.hidden = false;
  showTheme(button);
  button.addEventListener("click", () => {
    applyTheme(THEMES[(THEMES.indexOf(chosenTheme()) + 1) % THEMES.length]);
    showTheme(button);
  });
}

// ---------- formulas: KaTeX comes only to pages that have one ----------

async function renderFormulas(root) {
  const formulas = root.querySelectorAll("[data-tex]:not(:has(.katex))");
  if (!formulas.length) return;
  if (!document.querySelector("link[data-katex]")) {
    const style = document.createElement("link");
    Object.assign(style, { rel: "stylesheet", href: labels.mathStyle });
    style.dataset.katex = "";
    document.head.append(style);
  }
  const { renderMath } = await import(labels.math);
  renderMath(formulas);
}

// ---------- code: a copy button, and the keyboard can scroll what is wide ----------

function equipCode(pre) {
  if (pre.parentElement.classList.contains("code-box")) return;
  const box = document.createElement("div");
  box.className = "code-box";
  pre.replaceWith(box);
  box.append(pre);
  if (pre.scrollWidth > pre.clientWidth) pre.tabIndex = 0;

  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon-btn";
  button.setAttribute("aria-label", labels.copy);
  button.append(icon("copy"));
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(pre.textContent);
    button.replaceChildren(icon("check"));
    button.setAttribute("aria-label", labels.copied);
  });
  box.append(button);
}

// ---------- dialogs: a link opens one where script runs, and its own page where not ----------

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const opened = opener && document.getElementById(opener.dataset.dialog);
  const closed = event.target.closest("dialog [data-dialog-close]")?.closest("dialog") ?? event.target;
  if (opened) opened.showModal();
  else if (closed.matches("dialog")) closed.close(); // also by its backdrop
  else return;
  event.preventDefault();
});

// ---------- toasts stay until they are closed: who reads slowly can still undo ----------

for (const button of document.querySelectorAll("[data-toast-close]")) {
  button.hidden = false;
  button.addEventListener("click", () => button.closest("[data-toast]").remove());
}

// ---------- what a form was refused for is read out first ----------

document.querySelector("main [data-errors]:not(.specimen *)")?.focus();

function equip(root) {
  renderFormulas(root);
  // A refused form comes back open, with what is wrong in it.
  root.querySelector("dialog[data-open]:not([open])")?.showModal();
  if (navigator.clipboard) root.querySelectorAll("pre.code").forEach(equipCode);
}

equip(document);
document.addEventListener("htmx:after:swap", () => equip(document));

// ---------- a submission that is still moving ----------

// Whatever the stream says, it means "look again": the fragment tells the state, so nothing is told twice.
document.addEventListener("htmx:sse:before:message", (event) => {
  event.preventDefault();
  event.target.dispatchEvent(new CustomEvent("news", { bubbles: true }));
});

document.addEventListener("htmx:after:swap", () => {
  if (document.querySelector("#submission[data-final]")) document.querySelector("#stream")?.remove();
  for (const job of document.querySelectorAll("[data-job][data-final]")) {
    document.querySelector(`#stream-${job.dataset.job}`)?.remove();
  }
});
