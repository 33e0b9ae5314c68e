// Comfort on top of pages that all work without it: dialogs, menus, selection, copying.
(() => {
  const dialog = document.getElementById("dialog");
  const announcer = document.getElementById("announcer");
  let opener = null;

  // --- Dialogs: the page's form, fetched into the one dialog ---------------------------------
  const openDialog = (link) => {
    opener = link;
    htmx.ajax("GET", link.href, { target: "#dialog", swap: "innerHTML" });
  };

  const focusFirst = () => {
    const first =
      dialog.querySelector("[data-error-summary]") ??
      dialog.querySelector("[autofocus]") ??
      dialog.querySelector(".dialog-body :is(input, select, textarea):not([type=hidden], :disabled)") ??
      dialog.querySelector(".dialog-foot .btn");
    first?.focus({ preventScroll: first.matches("[data-error-summary]") });
  };

  dialog.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== dialog) return;
    if (!dialog.open) dialog.showModal();
    focusFirst();
  });
  // A page that cannot be a dialog now (a lost session, a missing row) is opened as a page.
  dialog.addEventListener("htmx:responseError", (event) => {
    if (event.detail.requestConfig.verb !== "get") return;
    event.stopPropagation();
    location.href = event.detail.pathInfo.requestPath;
  });
  dialog.addEventListener("close", () => {
    dialog.replaceChildren();
    if (opener?.isConnected) opener.focus();
  });

  // --- Panels: the page's form, fetched into the page that links to it ------------------------
  const openInline = (link) => {
    const place = document.querySelector(link.dataset.inline);
    if (place.childElementCount) {
      place.hidden = !place.hidden;
    } else {
      htmx.ajax("GET", link.href, { target: place, swap: "innerHTML" });
    }
    link.setAttribute("aria-expanded", String(!place.hidden));
  };

  // The panel says itself that there were too many calls.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (!target.matches(".trial-answer") || xhr.status !== 429) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  });

  // --- Failures: the heading and the sentence of the error's page, where the reader is --------
  document.addEventListener("htmx:responseError", (event) => {
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const words = [...page.querySelectorAll("h1, .lead")].map((part) => part.textContent.trim());
    if (!words.length) return;
    const place = (dialog.open && dialog.querySelector(".dialog-body")) || document.getElementById("main");
    const message = place.querySelector("[data-failure]") ?? document.createElement("div");
    const text = document.createElement("div");
    text.textContent = words.join(". ");
    message.className = "message message-error";
    message.dataset.failure = "";
    message.setAttribute("role", "alert");
    message.replaceChildren(text);
    place.prepend(message);
    message.scrollIntoView({ block: "nearest" });
  });

  // --- Menus ---------------------------------------------------------------------------------
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  };

  // --- Filters: a date counts when its field is left, not at the first digit of its year ---------
  document.addEventListener("focusout", ({ target }) => {
    if (!target.matches("[hx-get] input[type=date]") || target.value === target.defaultValue) return;
    target.defaultValue = target.value;
    target.form.dispatchEvent(new Event("day-chosen"));
  });

  // --- Selection -----------------------------------------------------------------------------
  const boxes = () => [...document.querySelectorAll("input[name=selected]")];

  const showSelection = () => {
    const all = boxes();
    const count = all.filter((box) => box.checked).length;
    for (const box of document.querySelectorAll("[data-select-all]")) {
      box.checked = count > 0 && count === all.length;
      box.indeterminate = count > 0 && count < all.length;
    }
    for (const text of document.querySelectorAll("[data-selected-count]")) {
      const words = count === 1 ? text.dataset.one : text.dataset.many;
      text.textContent = (words ?? "%s").replace("%s", count);
    }
  };

  // --- Small buttons ---------------------------------------------------------------------------
  const reveal = (button, shown) => {
    const field = document.querySelector(button.dataset.reveal);
    field.type = shown ? "text" : "password";
    button.firstElementChild.textContent = shown ? button.dataset.shown : button.dataset.hidden;
  };

  const fill = (button) => {
    const field = document.querySelector(button.dataset.fill);
    field.value = button.dataset.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    const show = document.querySelector(`[data-reveal="${button.dataset.fill}"]`);
    if (show) reveal(show, true);
    field.focus();
  };

  const copy = async (button) => {
    const source = button.dataset.copyFrom;
    const text = source ? document.querySelector(source).textContent : button.dataset.copy;
    await navigator.clipboard.writeText(text);
    announcer.textContent = announcer.dataset.copied;
    button.classList.add("is-copied");
    setTimeout(() => { button.classList.remove("is-copied"); announcer.textContent = ""; }, 2000);
  };

  const download = (button) => {
    const file = new Blob([`${button.dataset.download}\n`], { type: "text/plain" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = button.dataset.name;
    link.click();
    URL.revokeObjectURL(link.href);
  };

  // --- One listener for each kind of event -----------------------------------------------------
  document.addEventListener("click", (event) => {
    const target = event.target.closest("a, button, summary") ?? event.target;
    closeMenus(event.target.closest("details.menu"));
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (target.matches("a[data-dialog]") && plain) {
      event.preventDefault();
      openDialog(target);
    } else if (target.matches("a[data-inline]") && plain) {
      event.preventDefault();
      openInline(target);
    } else if (target.matches("[data-dialog-close]") && dialog.contains(target)) {
      event.preventDefault();
      dialog.close();
    } else if (target.matches("[data-reveal]")) {
      reveal(target, document.querySelector(target.dataset.reveal).type === "password");
    } else if (target.matches("[data-fill]")) {
      fill(target);
    } else if (target.matches("[data-copy], [data-copy-from]")) {
      copy(target);
    } else if (target.matches("[data-download]")) {
      download(target);
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) {
      for (const box of boxes()) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-select-all], [name=selected]")) showSelection();
    // A password typed before "Send a link" was chosen is not meant any more.
    for (const field of document.querySelectorAll(".if-password [name=password]")) {
      if (!field.checkVisibility()) field.value = "";
    }
  });
  document.addEventListener("htmx:afterSettle", showSelection);

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details.menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.key === "/" && !event.target.matches("input, select, textarea")) {
      const search = document.querySelector("main input[type=search]");
      if (search && !dialog.open) {
        event.preventDefault();
        search.focus();
      }
    }
  });

  showSelection();
})();
