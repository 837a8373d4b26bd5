"use strict";
// Shows and hides what Python has written; it makes no text of its own but figures.
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const boxes = all("input[data-device]");
  const mild = new Set(boxes.filter((box) => "mild" in box.dataset).map((box) => box.dataset.device));
  let hidden = new Set();

  // ---- language
  const buttons = all("button[data-language]");
  const speak = (language) => {
    root.lang = root.dataset.ui = language;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
    }
    describe();
  };

  // ---- hiding devices
  const percent = (count, total) => {
    if (!total) return ["–", "–"];
    const share = count / total;
    const bound = share === 0 || share === 1 ? "" : share < 0.005 ? "< " : share >= 0.995 ? "> " : "";
    // Half to even, as Python rounds: both must give the same figure.
    const exact = share * 100;
    const floor = Math.floor(exact);
    const near = exact - floor === 0.5 ? floor + (floor % 2) : Math.round(exact);
    const whole = bound === "< " ? 1 : bound === "> " ? 99 : near;
    return [`${bound}${whole}\u202f%`, `${bound}${whole}%`];
  };
  const write = (place, count, total) => {
    if (!place) return;
    const [fr, en] = percent(count, total);
    place.querySelector(".share .in-fr").textContent = fr;
    place.querySelector(".share .in-en").textContent = en;
    place.querySelector(".count").textContent = count;
  };
  const flagsOf = (sentence) =>
    sentence.dataset.flags.split(" ").map((flag) => {
      const [label, devices] = flag.split("=");
      const keys = devices ? devices.split(",").map((device) => `${label}.${device}`) : [];
      const left = keys.filter((key) => !hidden.has(key));
      return { label, shown: !keys.length || left.length > 0, strong: left.some((key) => !mild.has(key)) };
    });
  const count = (article) => {
    const positive = {};
    const strong = {};
    let depth = 0;
    for (const sentence of all(".s[data-flags]", article)) {
      for (const flag of flagsOf(sentence)) {
        const tag = sentence.nextElementSibling.querySelector(`[data-label="${flag.label}"]`);
        if (tag) tag.hidden = !flag.shown;
        if (!flag.shown) continue;
        positive[flag.label] = (positive[flag.label] || 0) + 1;
        if (flag.strong) strong[flag.label] = (strong[flag.label] || 0) + 1;
        if (tag && tag.querySelector("sub")) depth = Math.max(depth, Number(sentence.dataset.depth));
      }
    }
    const total = Number(article.querySelector(".figures").dataset.total);
    for (const tile of all(".tile", article)) {
      const label = tile.dataset.label;
      const shown = positive[label] || 0;
      const without = tile.querySelector(".without");
      const inner = without ? strong[label] || 0 : shown;
      write(tile.querySelector(".lead").parentElement, shown, total);
      write(without, inner, total);
      if (without) without.hidden = [...mild].filter((key) => key.startsWith(`${label}.`)).every((key) => hidden.has(key));
      tile.querySelector(".all").setAttribute("width", total ? (100 * shown) / total : 0);
      tile.querySelector(".strong").setAttribute("width", total ? (100 * inner) / total : 0);
      const deepest = tile.querySelector(".depth");
      if (deepest) {
        deepest.hidden = !depth;
        for (const words of all("span", deepest)) {
          words.textContent = depth < 2 ? words.dataset.one : words.dataset.more.replace("2", depth);
        }
      }
    }
  };
  const gone = (element) => element.dataset.devices.split(" ").every((key) => hidden.has(key));
  const apply = () => {
    hidden = new Set(boxes.filter((box) => box.checked).map((box) => box.dataset.device));
    for (const element of all(".u[data-devices], .devices > li")) element.classList.toggle("off", gone(element));
    for (const note of all(".evidence .note")) note.hidden = gone(note);
    for (const article of all("article.score")) count(article);
    describe();
  };

  // ---- what a link says of itself
  const notesOf = (link) =>
    link.dataset.notes.split(" ").map((id) => document.getElementById(id)).filter((note) => !note.hidden);
  const words = (part) => {
    const copy = part.cloneNode(true);
    for (const other of all(root.dataset.ui === "fr" ? ".in-en" : ".in-fr", copy)) other.remove();
    return copy.textContent.trim();
  };
  const describe = () => {
    close();
    for (const link of all("a[data-notes]")) {
      const notes = notesOf(link);
      if (notes.length) link.href = `#${notes[0].id}`;
      else link.removeAttribute("href");
      const said = notes.map((note) => {
        const quote = words(note.querySelector(".quote"));
        const parts = [".label", ".why", ".odds"].map((part) => words(note.querySelector(part)));
        return (quote === link.textContent ? parts : [quote, ...parts]).filter(Boolean).join(", ");
      });
      // The list of evidence may be folded, and then nothing in it can describe the link.
      link.removeAttribute("aria-describedby");
      if (said.length) link.setAttribute("aria-description", said.join("; "));
      else link.removeAttribute("aria-description");
    }
  };

  // ---- the note beside a cue
  const pop = document.createElement("div");
  pop.id = "pop";
  pop.hidden = true;
  pop.setAttribute("aria-hidden", "true"); // the same words are the link's description
  document.body.append(pop);
  let owner = null;
  let pinned = false;
  let timer = 0;
  const close = () => {
    clearTimeout(timer);
    if (owner) owner.classList.remove("open");
    owner = null;
    pinned = false;
    pop.hidden = true;
  };
  const place = (link) => {
    const gap = 8;
    const [box] = link.getClientRects();
    if (!box) return;
    const { offsetWidth: width, offsetHeight: height } = pop;
    const right = root.clientWidth - width - gap;
    const above = box.top - height - gap;
    const below = link.getBoundingClientRect().bottom + gap;
    pop.style.left = `${Math.max(gap, Math.min(box.left, right))}px`;
    pop.style.top = `${below + height > innerHeight && above > 0 ? above : below}px`;
  };
  const open = (link, pin) => {
    const notes = notesOf(link);
    if (!notes.length) return;
    close();
    owner = link;
    pinned = pin;
    link.classList.add("open");
    pop.replaceChildren(
      ...notes.map((note) => {
        const copy = document.createElement("div");
        copy.className = note.className;
        copy.append(...[...note.children].filter((part) => part.className !== "where").map((part) => part.cloneNode(true)));
        return copy;
      }),
    );
    pop.hidden = false;
    place(link);
  };
  const links = "a[data-notes][href]";
  const later = () => {
    clearTimeout(timer);
    if (!pinned) timer = setTimeout(close, 200);
  };
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse" || pinned) return;
    const link = event.target.closest(links);
    if (link) {
      if (link !== owner) open(link, false);
      clearTimeout(timer);
    } else if (pop.contains(event.target)) clearTimeout(timer);
    else if (owner && document.activeElement !== owner) later();
  });
  document.addEventListener("focusin", (event) => {
    const link = event.target.closest(links);
    if (link && link.matches(":focus-visible")) open(link, false);
    else if (!link) close();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest(links);
    if (link) {
      event.preventDefault();
      if (pinned && owner === link) close();
      else open(link, true);
    } else if (!pop.contains(event.target)) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  addEventListener("scroll", () => (pinned ? place(owner) : later()), { passive: true });
  addEventListener("resize", close);

  // ---- contents, for more than one article
  const articles = all("article.score");
  const contents = document.querySelector(".contents");
  if (articles.length > 1) {
    for (const article of articles) {
      const title = article.querySelector("h2").cloneNode(true);
      all(".tags", title).forEach((tags) => tags.remove());
      const link = document.createElement("a");
      link.href = `#${article.id}`;
      link.lang = article.querySelector("h2").lang;
      link.textContent = title.textContent;
      const item = document.createElement("li");
      item.append(link);
      contents.querySelector("ol").append(item);
    }
    contents.hidden = false;
  }

  // ---- paper shows everything
  let folded = [];
  addEventListener("beforeprint", () => {
    close();
    folded = all("article details:not([open])");
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });

  for (const button of buttons) button.addEventListener("click", () => speak(button.dataset.language));
  for (const box of boxes) box.addEventListener("change", apply);
  for (const part of all(".switch, .switches")) part.hidden = false;
  apply();
})();
