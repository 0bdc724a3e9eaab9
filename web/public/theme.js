// Runs before the first paint, so that a dark page does not flash white.
try {
  const theme = JSON.parse(localStorage.getItem("meeshy.theme"));
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Follow the system.
}
