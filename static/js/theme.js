// Runs before the first paint: marks that scripts run, and resolves the theme "system".
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  // Browsers copy for pages of a safe origin only.
  if (window.isSecureContext) root.classList.add("can-copy");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const { theme } = root.dataset;
    root.dataset.bsTheme = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  };
  apply();
  dark.addEventListener("change", apply);

  // Another theme in place: the page may show a key once, or hold a form half filled in.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches(".theme-choice")) return;
    event.preventDefault();
    const chosen = event.submitter.value;
    root.dataset.theme = chosen;
    apply();
    for (const button of document.querySelectorAll(".theme-choice button")) {
      button.setAttribute("aria-pressed", String(button.value === chosen));
    }
    // The answer leads back to the page; only its cookie is wanted.
    const body = new FormData(form, event.submitter);
    fetch(form.action, { method: "POST", body, redirect: "manual" });
  });
})();
