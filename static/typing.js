// Never lose typing: what is typed into a form stays in this tab until the server has taken it. It comes back
// after an expired login, a page too old to be trusted or a fault of ours. The answers of an exercise have drafts.js.
const labels = document.body.dataset;
const SENT = "typed-and-sent";
const FIELDS = "textarea[name], select[name], input[name]";
const NEVER = ["hidden", "password", "file", "checkbox", "radio", "submit", "button"];

const storage = {
  read(key) {
    try {
      return JSON.parse(sessionStorage.getItem(key));
    } catch {
      return null;
    }
  },
  write(key, value) {
    try {
      if (value === null) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, JSON.stringify(value));
    } catch {
      // Full or forbidden: then nothing is kept.
    }
  },
};

const isKept = (form) => form?.method === "post" && !form.matches("[data-draft], .door form");
const isField = (field) => !NEVER.includes(field.type) && field.autocomplete !== "one-time-code";
const fieldsOf = (form) => [...form.querySelectorAll(FIELDS)].filter(isField);

/** One form of one person at one address; nobody else who logs in in this tab gets to see it. */
function keyOf(form) {
  const number = [...document.forms].filter((other) => other.action === form.action).indexOf(form);
  return `typed:${labels.who}:${location.pathname}${location.search}:${form.getAttribute("action") ?? ""}:${number}`;
}

function valueOf(field) {
  return field.multiple ? [...field.selectedOptions].map((option) => option.value) : field.value;
}

function setValue(field, value) {
  if (!Array.isArray(value)) field.value = value;
  else for (const option of field.options) option.selected = value.includes(option.value);
}

function tell(form, key) {
  const notice = document.createElement("div");
  const text = document.createElement("p");
  const forget = document.createElement("button");
  Object.assign(notice, { className: "notice plain", role: "status" });
  Object.assign(forget, { className: "link", type: "button", textContent: labels.forget });
  text.append(labels.typed, " ", forget);
  notice.append(text);
  forget.addEventListener("click", () => {
    form.reset();
    storage.write(key, null);
    notice.remove();
  });
  form.prepend(notice);
}

function restore(form) {
  const key = keyOf(form);
  const typed = storage.read(key) ?? {};
  const changed = fieldsOf(form).filter((field) => {
    return field.name in typed && JSON.stringify(typed[field.name]) !== JSON.stringify(valueOf(field));
  });
  for (const field of changed) setValue(field, typed[field.name]);
  if (changed.length) tell(form, key);
}

document.addEventListener("input", ({ target }) => {
  if (!target.name || !isKept(target.form) || !isField(target)) return;
  const key = keyOf(target.form);
  storage.write(key, { ...storage.read(key), [target.name]: valueOf(target) });
});

document.addEventListener("submit", ({ target }) => {
  if (isKept(target)) storage.write(SENT, keyOf(target));
});

document.addEventListener("htmx:after:request", (event) => {
  const form = event.target.closest?.("form");
  if (isKept(form) && event.detail.ctx.response.status < 400 && !event.detail.ctx.hx?.redirect) {
    storage.write(keyOf(form), null);
  }
});

/**
 * What was sent last is over when an ordinary page answers it: an accepted form leads on, a refused one comes back
 * with its values. At the door, on the page of a fault and after a look back it is not.
 */
function endWhatArrived() {
  const [arrival] = performance.getEntriesByType("navigation");
  if (document.querySelector(".door, .problem") || arrival?.type !== "navigate") storage.write(SENT, null);
  const sent = storage.read(SENT);
  storage.write(SENT, null);
  if (sent) storage.write(sent, null);
}

endWhatArrived();
for (const form of document.forms) if (isKept(form)) restore(form);
