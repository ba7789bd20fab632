// Runs before the first paint, so that a chosen theme never flashes. Nothing chosen: the system decides.
(() => {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage can be forbidden; the system's theme will do.
  }
})();
