"use strict";
// Filters the sentences that the page holds and puts them in place as text.
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const data = JSON.parse(document.getElementById("data").textContent);
  const form = document.querySelector(".filters");
  const list = document.querySelector(".passages");
  const more = document.querySelector(".more");
  const search = document.getElementById("filter-text");
  const selects = all("select[data-field]");
  const STEP = 50;
  let found = data.passages;
  let shown = 0;

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const number = (value) => value.toLocaleString(root.lang === "fr" ? "fr-FR" : "en-GB");
  const percent = (value) => (value * 100).toFixed(0) + (root.lang === "fr" ? "\u202f%" : "%");

  const write = (one) => {
    const item = make("li");
    const quote = make("blockquote");
    for (const [text, ...labels] of one.parts) {
      let node = document.createTextNode(text);
      for (const label of labels) {
        const mark = label ? make("span", `u ${data.labels[label].code}`) : make("mark");
        mark.append(node);
        node = mark;
      }
      quote.append(node);
    }
    const why = Object.entries(one.labels).map(([label, [probability, devices]]) => {
      const about = data.labels[label];
      const names = devices.map((device) => (about.devices[device] || {})[root.lang]).filter(Boolean);
      return `${about.title[root.lang]}${names.length ? ` (${names.join(", ")})` : ""} ${percent(probability)}`;
    });
    why.push(...one.roles.map((role) => data.roles[role][root.lang]));
    item.append(quote, make("p", "why", why.join(" · ")), make("p", "about", [one.title, one.about].filter(Boolean).join(" — ")));
    return item;
  };
  const grow = () => {
    const next = found.slice(shown, shown + STEP);
    list.append(...next.map(write));
    shown += next.length;
    more.hidden = shown >= found.length;
  };
  const filter = () => {
    const wanted = selects.filter((one) => one.value).map((one) => [one.dataset.field, one.value]);
    const words = search.value.trim().toLocaleLowerCase();
    const whole = wanted.some(([field]) => field === "=article");
    // Sentences kept only to show an article stand aside until it is chosen.
    const fits = (one) =>
      (whole || !one.beside) &&
      wanted.every(([field, value]) =>
        field === "=article" ? one.key === value : field === "label" ? value in one.labels : field === "time" ? one.time === value : one.by[field] === value,
      ) &&
      (!words || `${one.title} ${one.parts.map((part) => part[0]).join("")}`.toLocaleLowerCase().includes(words));
    found = data.passages.filter(fits);
    shown = 0;
    list.replaceChildren();
    document.querySelector(".found").textContent = data.words.found[root.lang].replace("{number}", number(found.length));
    grow();
  };

  const buttons = all("button[data-language]");
  const speak = (language) => {
    root.lang = root.dataset.ui = language;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.language === language));
    for (const option of all("option")) {
      const label = option.parentElement.dataset.field === "label" && data.labels[option.value];
      if (option.dataset.fr) option.textContent = option.dataset[language];
      else if (label) option.textContent = label.title[language];
    }
    filter();
  };
  for (const button of buttons) button.addEventListener("click", () => speak(button.dataset.language));
  for (const select of selects) select.addEventListener("change", filter);
  search.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  more.addEventListener("click", () => {
    const last = shown;
    grow();
    const item = list.children[last];
    if (item) { item.tabIndex = -1; item.focus(); }
  });
  for (const button of all("button.drill")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      for (const select of selects) select.value = select.dataset.field === button.dataset.field ? button.dataset.value : "";
      search.value = "";
      filter();
      const place = document.getElementById("drill-name");
      place.tabIndex = -1;
      place.scrollIntoView();
      place.focus();
    });
  }
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = all("main details:not([open])");
    for (const one of closed) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
  form.hidden = false;
  document.querySelector(".switch").hidden = false;
  speak(root.lang);
  root.dataset.ready = "yes";
})();
