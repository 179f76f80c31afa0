// Runs before anything is painted, so that the page does not flash.
(() => {
  try {
    const theme = localStorage.getItem("chat.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // No storage: the system's colours.
  }
})();
