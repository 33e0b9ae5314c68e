// Says while somebody types whether the password is long enough. The server judges it in the end.
for (const note of document.querySelectorAll("[data-length-of]")) {
  const field = document.querySelector(note.dataset.lengthOf);
  const minimum = Number(note.dataset.minimum);
  field?.addEventListener("input", () => {
    const length = [...field.value].length;
    note.hidden = length === 0;
    note.textContent =
      length < minimum
        ? note.dataset.short.replace("{length}", length).replace("{minimum}", minimum)
        : note.dataset.enough;
  });
}
