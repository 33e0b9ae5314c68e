// Runs before the first paint: marks that scripts run, and resolves the theme "system".
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  // Browsers copy for pages of a safe origin only.
  if (window.isSecureContext) root.classList.add("can-copy");
  if (root.dataset.theme !== "system") return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => { root.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  apply();
  dark.addEventListener("change", apply);
})();
