// A passkey that did not work, or was not allowed by its owner, says so beside its button.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const place = document.querySelector("[data-passkey-error]");
  if (!place) return;
  place.hidden = false;
  place.focus();
});
