// Puts a variable where the cursor last stood in the letter.
(() => {
  const form = document.querySelector("[data-letter]");
  if (!form) return;
  const announcer = document.getElementById("announcer");
  let field = form.elements.text;

  form.addEventListener("focusin", (event) => {
    if (event.target.matches("textarea, input[type=text]")) field = event.target;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    field.focus();
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    announcer.textContent = button.dataset.insert;
  });
})();
