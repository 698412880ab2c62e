/* Small comforts. Every page works without this file; nothing here decides anything. */
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  /* ---- Lists with boxes: how many are ticked, and a box for all ---- */

  const boxes = (list) => all("tbody .form-check-input", list);

  const showCount = (list) => {
    const count = boxes(list).filter((box) => box.checked).length;
    all("[data-selected]", list).forEach((label) => { label.textContent = `${count} selected`; });
    all("[data-many]", list).forEach((label) => {
      const text = count === 1 ? label.dataset.one : label.dataset.many;
      if (count) label.textContent = text.replace("#", count);
    });
    const everything = list.querySelector("thead .form-check-input");
    if (everything) {
      everything.checked = count > 0 && count === boxes(list).length;
      everything.indeterminate = count > 0 && !everything.checked;
    }
  };

  const addSelectAll = (list) => {
    const head = list.querySelector("[data-select-all]");
    if (!head || !boxes(list).length) return;
    const box = document.createElement("input");
    box.type = "checkbox";
    box.className = "form-check-input";
    box.setAttribute("aria-label", head.dataset.selectAll);
    box.addEventListener("change", () => {
      boxes(list).forEach((other) => { other.checked = box.checked; });
      showCount(list);
    });
    head.replaceChildren(box);
  };

  all("[data-counted]").forEach((list) => {
    addSelectAll(list);
    list.addEventListener("change", () => showCount(list));
    showCount(list);
  });

  /* ---- Reasons: how long, and recent ones at a press ---- */

  const showLength = (label) => {
    const field = document.getElementById(label.dataset.countOf);
    if (field) label.textContent = `${[...field.value].length} of ${field.dataset.count}`;
  };

  document.addEventListener("input", (event) => {
    all(`[data-count-of="${CSS.escape(event.target.id)}"]`).forEach(showLength);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    if (!button) return;
    event.preventDefault();
    const field = document.getElementById(button.dataset.fill);
    field.value = button.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });

  /* ---- Time left, by the server's clock: the page says when it was made ---- */

  const madeAt = Date.parse(document.body.dataset.now);
  const now = () => madeAt + performance.now();

  const inWords = (minutes) => {
    const hours = Math.floor(minutes / 60);
    if (!hours) return `${minutes} min`;
    return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  };

  const showTimeLeft = (label) => {
    const left = Math.floor((Date.parse(label.dataset.ends) - now()) / 60000);
    const text = left < 0 ? "Ended" : `${inWords(left)} left`;
    if (label.textContent === text) return;
    label.textContent = text;
    label.classList.toggle("t-warn", left < 30);
    const bar = label.closest("article")?.querySelector("progress");
    if (!bar) return;
    bar.value = Math.max(left, 0);
    bar.classList.toggle("is-warn", left < 30);
  };

  if (madeAt) setInterval(() => all("[data-ends]").forEach(showTimeLeft), 5000);

  /* ---- A form is sent once: a second press while the answer is on its way does nothing ---- */

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    form.setAttribute("aria-busy", "true");
  });

  // A page that comes back with the browser's Back button can be sent again.
  window.addEventListener("pageshow", () => all("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy")));

  /* ---- Keys and menus ---- */

  const isTyping = (element) => element.matches("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      all("details[data-menu][open]").forEach((menu) => {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
    const search = document.querySelector("main [data-search]") ?? document.querySelector("[data-search]");
    if (event.key === "/" && search && !isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    }
  });

  // Enter in a search field searches; the form around it is not sent.
  document.addEventListener("keydown", (event) => {
    const picker = event.key === "Enter" && event.target.closest?.("[data-picker]");
    if (!picker || event.target.type !== "search") return;
    event.preventDefault();
    htmx.trigger(event.target, "input");
  });

  document.addEventListener("click", (event) => {
    all("details[data-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  /* ---- The panel over My roles: the page of the link, without leaving the list ---- */

  const panel = document.getElementById("panel");

  const openPanel = async (link) => {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const form = page.querySelector("#activate");
    if (!answer.ok || !form) throw new Error("This page has no panel.");
    form.querySelector("[data-cancel]").dataset.bsDismiss = "offcanvas";
    panel.querySelector("[data-panel-title]").textContent = form.dataset.title.trim();
    panel.querySelector("[data-panel-lead]").textContent = form.dataset.lead.trim();
    panel.querySelector("[data-panel-content]").replaceChildren(document.adoptNode(form));
    all("[data-count-of]", panel).forEach(showLength);
    panel.addEventListener("hidden.bs.offcanvas", () => link.focus(), { once: true });
    bootstrap.Offcanvas.getOrCreateInstance(panel).show(link);
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-panel]");
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!panel || !link || !isPlain) return;
    event.preventDefault();
    openPanel(link).catch(() => { window.location.assign(link.href); });
  });

  /* ---- Live parts: say a new state once, for those who do not see it ---- */

  const stateOf = () => document.getElementById("request-head")?.querySelector(".badge")?.textContent.trim();
  let announced = stateOf();

  document.addEventListener("htmx:afterSettle", () => {
    const state = stateOf();
    const place = document.querySelector("[data-announce]");
    if (!place || state === announced) return;
    announced = state;
    place.textContent = state;
  });

  /* ---- Recovery codes: taken along while they are shown ---- */

  const linesOf = (id) => all("li", document.getElementById(id)).map((line) => line.textContent.trim()).join("\n");

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-download], [data-print]");
    if (!button) return;
    if ("print" in button.dataset) window.print();
    if (button.dataset.copy) {
      navigator.clipboard.writeText(linesOf(button.dataset.copy)).then(() => {
        button.querySelector("span").textContent = button.dataset.done;
      });
    }
    if (button.dataset.download) {
      const file = document.createElement("a");
      file.href = URL.createObjectURL(new Blob([`${linesOf(button.dataset.download)}\n`], { type: "text/plain" }));
      file.download = button.dataset.name;
      file.click();
      URL.revokeObjectURL(file.href);
    }
  });

  /* ---- A review: an answer swaps its line; keys move along the lines ---- */

  const review = document.querySelector("[data-review]");
  const keys = document.querySelector("[data-keys]");
  const KEYS_OFF = "review-keys-off";
  const ANSWERS = { a: "approve", d: "deny", u: "dont_know" };
  let wanted = null; // the answer for which a reason is being typed

  const linesOfReview = () => all("[data-line]", review);
  const currentLine = () => review.querySelector("[data-line].is-current");
  const buttonFor = (line, answer) => line.querySelector(`button[name="answer"][value="${answer}"]`);
  const reasonOf = (line) => line.querySelector("textarea");
  const keysAreOn = () => localStorage.getItem(KEYS_OFF) === null;

  const makeCurrent = (line) => {
    if (line !== currentLine()) {
      linesOfReview().forEach((other) => other.classList.remove("is-current"));
      line.classList.add("is-current");
      wanted = null;
    }
  };

  const goTo = (line) => {
    if (!line) return;
    makeCurrent(line);
    line.focus({ preventScroll: true });
    line.scrollIntoView({ block: "nearest" });
  };

  const move = (step) => {
    const lines = linesOfReview();
    const at = lines.indexOf(currentLine());
    goTo(at < 0 ? lines.find((line) => !line.querySelector("[aria-pressed='true']")) ?? lines[0] : lines[at + step]);
  };

  const writeReason = (line) => {
    line.classList.add("is-open");
    reasonOf(line).focus();
  };

  const give = (line, answer) => {
    const button = buttonFor(line, answer);
    if (!button) return document.getElementById("start")?.querySelector("input:not([type=hidden]), button")?.focus();
    if (answer === "approve" && "needsReason" in line.dataset && !reasonOf(line).value.trim()) {
      writeReason(line);
      wanted = answer;
      return;
    }
    button.click();
  };

  const COMMANDS = {
    j: () => move(1),
    k: () => move(-1),
    x: (line) => line?.querySelector("input[type=checkbox]").click(),
    r: (line) => line && writeReason(line),
    Enter: (line) => line?.classList.toggle("is-open"),
    "?": () => keys.showModal(),
  };

  const isPlainKey = (event) => !(event.ctrlKey || event.metaKey || event.altKey || event.isComposing);
  // Keys count in the list and where nothing has the focus; on a control, Enter is the control's own.
  const isFree = (event) => {
    if (isTyping(event.target) && event.target.type !== "checkbox") return false;
    if (event.key === "Enter") return event.target.matches("[data-line]");
    return event.target === document.body || event.target.id === "main" || review.contains(event.target);
  };

  const pressKey = (event) => {
    if (!isPlainKey(event) || !isFree(event) || keys.open || !keysAreOn()) return;
    const line = currentLine();
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = COMMANDS[key] ?? (key in ANSWERS && line ? () => give(line, ANSWERS[key]) : null);
    if (!act) return;
    event.preventDefault();
    act(line);
  };

  // In a reason Enter saves it with the answer there is, or the one that asked for it; Escape leads back.
  const pressInReason = (event) => {
    const line = event.target.closest("[data-line]");
    if (event.key === "Escape") line.focus();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    const button = wanted ? buttonFor(line, wanted) : line.querySelector("button[name='answer'][aria-pressed='true']");
    if (!button) return;
    line.focus();
    button.click();
  };

  const showKeys = () => {
    all("[data-keys-on]").forEach((box) => { box.checked = keysAreOn(); });
    all("[data-keys-line]").forEach((help) => { help.classList.toggle("is-off", !keysAreOn()); });
  };

  if (review) {
    document.addEventListener("keydown", (event) => {
      if (event.target.matches("[data-line] textarea")) pressInReason(event);
      else pressKey(event);
    });
    review.addEventListener("focusin", (event) => {
      const line = event.target.closest("[data-line]");
      if (line) makeCurrent(line);
    });
    review.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-evidence]");
      if (!link) return;
      event.preventDefault();
      link.closest("[data-line]").classList.toggle("is-open");
    });
    document.addEventListener("click", (event) => {
      if (event.target.closest("[data-keys-open]")) keys.showModal();
      if (event.target.closest("[data-keys-close]")) keys.close();
    });
    keys.querySelector("[data-keys-on]").addEventListener("change", (event) => {
      if (event.target.checked) localStorage.removeItem(KEYS_OFF);
      else localStorage.setItem(KEYS_OFF, "1");
      showKeys();
    });
    showKeys();

    // What comes back is the line, also where it says that nothing was saved; whatever else comes is a page.
    let focused = null;
    document.addEventListener("htmx:beforeSwap", (event) => {
      const target = event.detail.target;
      if (!target.matches("[data-line]")) return;
      if (!event.detail.serverResponse.includes(`id="${target.id}"`)) {
        event.detail.shouldSwap = false;
        window.location.reload();
        return;
      }
      event.detail.shouldSwap = true;
      focused = { id: target.id, isCurrent: target.classList.contains("is-current"), isIn: target.contains(document.activeElement) };
      focused.button = document.activeElement?.value;
      focused.isOnButton = document.activeElement?.matches("button[name='answer']");
    });
    document.addEventListener("htmx:afterSettle", () => {
      const line = focused && document.getElementById(focused.id);
      if (!line) return;
      if (focused.isCurrent) makeCurrent(line);
      if (line.querySelector("[aria-invalid]")) reasonOf(line).focus();
      else if (focused.isIn) (focused.isOnButton && buttonFor(line, focused.button) || line).focus({ preventScroll: true });
      focused = null;
      showCount(review);
    });
  }

  const errors = document.getElementById("form-errors");
  if (errors) errors.focus();
  all("[data-count-of]").forEach(showLength);
})();
