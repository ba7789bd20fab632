// Never lose typing: answers live in this tab's storage until the server has accepted them.

const storage = {
  read(key) {
    try {
      return JSON.parse(sessionStorage.getItem(key)) ?? {};
    } catch {
      return {};
    }
  },
  write(key, values) {
    try {
      if (Object.keys(values).length) sessionStorage.setItem(key, JSON.stringify(values));
      else sessionStorage.removeItem(key);
    } catch {
      // Full or forbidden: the warning before leaving still holds.
    }
  },
};

const answersOf = (form) => [...form.querySelectorAll("textarea[name]")];

/**
 * `form[data-draft]` names the draft; its idempotency key names one sending of it. The page of the accepted
 * submission carries that key, and only then is the draft over: neither a failed request nor a look at an
 * older submission ends it.
 */
function keepDrafts(form) {
  const key = `draft:${form.dataset.draft}`;
  const sentKey = `sent:${form.elements.idempotency_key.value}`;
  const status = document.querySelector("[data-draft-status]");
  let sending = false;

  // "Back" showed a page whose key is used up: a second sending would only be taken for a repetition.
  const stale = () => storage.read(sentKey).accepted;
  if (stale()) return location.reload();

  const kept = storage.read(key);
  const touched = new Set(Object.keys(kept));
  for (const area of answersOf(form)) if (area.name in kept) area.value = kept[area.name];

  function keep() {
    const areas = answersOf(form).filter((area) => touched.has(area.name));
    storage.write(key, Object.fromEntries(areas.map((area) => [area.name, area.value])));
  }

  // `defaultValue` is what the server sent: the last submission, or on a refused form what it did not accept.
  function isUnsent() {
    return "refused" in form.dataset || answersOf(form).some((area) => area.value !== area.defaultValue);
  }

  function show() {
    if (status) status.textContent = isUnsent() ? status.dataset.unsent : status.dataset.same;
  }

  show();
  form.addEventListener("input", (event) => {
    touched.add(event.target.name);
    keep();
    show();
  });
  form.addEventListener("submit", () => {
    keep();
    storage.write(sentKey, { draft: key });
    sending = true;
  });
  addEventListener("pageshow", () => {
    if (stale()) location.reload();
    sending = false;
  });
  addEventListener("beforeunload", (event) => {
    if (!sending && isUnsent()) event.preventDefault();
  });
}

function endDraft(idempotencyKey) {
  const sent = `sent:${idempotencyKey}`;
  const { draft } = storage.read(sent);
  if (!draft) return;
  storage.write(draft, {});
  storage.write(sent, { accepted: true });
}

for (const accepted of document.querySelectorAll("[data-draft-accepted]")) endDraft(accepted.dataset.draftAccepted);
for (const form of document.querySelectorAll("form[data-draft]")) keepDrafts(form);
