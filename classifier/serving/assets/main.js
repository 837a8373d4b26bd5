// Ties the parts together: the form, the article on show, its exports, the tabs, the language.
import { ApiError, call, callJson, useKey } from "./api.js";
import { countFlags, showEvidence, showFigures, showText, unitName, unresolved } from "./article.js";
import { showBatch } from "./batch.js";
import { articleLine, makeTasks } from "./contests.js";
import { both, download, el } from "./dom.js";
import { closeExamination, examine } from "./examine.js";
import { showLegend } from "./legend.js";
import { close as closeNote, startNotes } from "./notes.js";
import { showChain, showSignals } from "./sections.js";
import { readText } from "./tables.js";
import { EXAMPLE } from "./words.js";

const find = (id) => document.getElementById(id);
const status = find("status");
const problem = find("problem");
const result = find("result");
const field = find("text");

let labels = [];
let legend = null;
let resting = 0;
let moved = {};
let own = null;
let view = null;
let parts = null;

const fail = (place, error) => {
  if (!(error instanceof ApiError)) throw error;
  place.replaceChildren(error.show());
};
const isHtml = (text) => /^\s*<(?:!doctype|html|head|body|article|main|section|div|p|h1|meta)\b/i.test(text);

// ---- one article

async function analyse() {
  const text = field.value;
  problem.replaceChildren();
  if (!text.trim()) {
    status.replaceChildren(both("nothing"));
    field.focus();
    return;
  }
  status.replaceChildren(both("analysing"));
  try {
    const article = await callJson("/v1/articles:parse", isHtml(text) ? { html: text } : { document: text });
    own = article.model.thresholds;
    const body = { id: article.id, title: article.title, heading: article.heading, text: article.text, publisher: article.publisher };
    // Threshold 0 brings the evidence of every label, so that the sliders need no second request.
    const all = Object.fromEntries(labels.map((label) => [label.name, 0]));
    const score = await callJson("/v1/articles:score", { ...body, thresholds: all });
    view = { article, body, score, labels, own, corrections: new Map(), language: score.language || "fr", examine: openUnit };
    build();
    update();
    status.replaceChildren(both("analysed", { count: countFlags(view) }));
    field.rows = 3;
    find("article-title").focus();
  } catch (error) {
    status.replaceChildren();
    fail(problem, error);
  }
}

function openUnit(sentence) {
  closeNote();
  examine(view, sentence, update);
}

function build() {
  const { article, score } = view;
  const credits = [article.publisher, article.published].filter(Boolean).join(" · ");
  const warnings = score.warnings.map((code) => code.split(":")[0]);
  parts = {
    title: el("h2", { id: "article-title", tabindex: "-1", lang: view.language }),
    figures: el("div"),
    text: el("div"),
    chain: el("div"),
    signals: el("div"),
    evidence: el("div"),
    contests: el("div"),
    said: el("span", { role: "status" }),
  };
  const button = (id, key, click) => el("button", { type: "button", id, click }, both(key));
  result.replaceChildren(
    el(
      "article.score",
      { "aria-labelledby": "article-title" },
      el("header", {}, parts.title, credits ? el("p.about", {}, credits) : null, warnings.map((code) => el("p.warning", { role: "note" }, el("strong", {}, both("warning")), both(code)))),
      parts.figures,
      parts.chain,
      el(
        "div.bar-of-buttons.exports",
        { role: "group", "aria-labelledby": "export-name" },
        el("span", { id: "export-name" }, both("export")),
        button("export-json", "export_json", () => save("application/json", "json")),
        button("export-csv", "export_csv", () => save("text/csv", "csv")),
        button("export-html", "export_html", () => save("text/html", "html")),
        button("print", "print", () => print()),
        parts.said,
      ),
      parts.text,
      parts.signals,
      parts.evidence,
      parts.contests,
      el("p.about.which", {}, both("model", { name: score.model.name, version: score.model.version }), " · ", el("code", {}, `sha256 ${score.model.sha256}`)),
    ),
  );
}

/** Write everything that thresholds and corrections change. */
function update() {
  if (!view) {
    if (own) legend.set({ ...own, ...moved }, own);
    return;
  }
  view.thresholds = { ...view.own, ...moved };
  const text = showText(view);
  const open = parts.evidence.querySelector("details")?.open;
  parts.title.replaceChildren(...text.title);
  parts.text.replaceChildren(text.text);
  parts.figures.replaceChildren(showFigures(view));
  parts.evidence.replaceChildren(showEvidence(view));
  if (open && parts.evidence.querySelector("details")) parts.evidence.querySelector("details").open = true;
  showContests();
  legend.set(view.thresholds, view.own);
  refreshSections();
}

/** Chain and signals depend on all flags at once: the server tells them, once a slider rests. */
function refreshSections() {
  const of = view;
  const thresholds = view.thresholds;
  const wanted = JSON.stringify(thresholds);
  if (of.sectionsAt === wanted) return;
  const first = of.sectionsAt === undefined;
  of.sectionsAt = wanted;
  parts.signals.dataset.ready = "no";
  clearTimeout(resting);
  resting = setTimeout(async () => {
    try {
      const score = await callJson("/v1/articles:score", { ...of.body, thresholds });
      if (view !== of || of.sectionsAt !== wanted) return;
      parts.chain.replaceChildren(...[showChain(score)].filter(Boolean));
      parts.signals.replaceChildren(...[showSignals(score)].filter(Boolean));
      parts.signals.dataset.ready = "yes";
    } catch (error) {
      fail(problem, error);
    }
  }, first ? 0 : 400);
}

/** Ask the server for the article in a form, at the thresholds of the moment, and save it. */
async function save(kind, ending) {
  problem.replaceChildren();
  const language = document.documentElement.dataset.ui;
  try {
    const answer = await call(`/v1/articles:score?language=${language}`, { ...view.body, thresholds: view.thresholds }, kind);
    const name = `cadrage-${view.article.id}.${ending}`;
    download(name, kind, await answer.blob());
    parts.said.replaceChildren(both("exported", { name }));
  } catch (error) {
    fail(problem, error);
  }
}

// ---- contests

function showContests() {
  const count = view.corrections.size;
  const kept = find("source")?.value || "contests";
  const source = el("input", { id: "source", type: "text", value: kept, pattern: "[A-Za-z0-9_-]+", autocomplete: "off" });
  const message = el("div", { role: "status", id: "contests-status" });
  const send = () => {
    const left = unresolved(view);
    if (left.length) {
      message.replaceChildren(both("unresolved"), el("ul", {}, left.map((sentence) => el("li", {}, el("button.plain", { type: "button", click: () => openUnit(sentence) }, unitName(sentence))))));
      return;
    }
    const name = `contests-${view.article.id}.json`;
    const tasks = makeTasks(view, source.value.trim() || "contests");
    download(name, "application/json", `${JSON.stringify(tasks, null, 1)}\n`);
    view.saved = true;
    message.replaceChildren(both("exported", { name }));
  };
  parts.contests.replaceChildren(
    el(
      "section.contests",
      { "aria-labelledby": "contests-name" },
      el("h3", { id: "contests-name" }, both("contests")),
      el("p", {}, count ? both("some_contests", { count }) : both("no_contest")),
      count
        ? el(
            "div",
            {},
            el("p", {}, both("contests_about")),
            el("p", {}, el("label", { for: "source" }, both("source")), source),
            el(
              "div.bar-of-buttons",
              {},
              el("button", { type: "button", id: "export-contests", click: send }, both("export_contests")),
              el("button", { type: "button", id: "export-text", click: () => download("articles.jsonl", "application/x-ndjson", articleLine(view)) }, both("export_text")),
            ),
            message,
          )
        : null,
    ),
  );
  if (count) view.saved = false;
}

// ---- the form

function startForm() {
  find("paste").addEventListener("submit", (event) => {
    event.preventDefault();
    analyse();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) analyse();
  });
  find("example").addEventListener("click", () => {
    field.value = EXAMPLE;
    analyse();
  });
  const take = async (file) => {
    field.value = await readText(file);
    analyse();
  };
  find("open-file").addEventListener("click", () => find("file").click());
  find("file").addEventListener("change", (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) take(file);
  });
  const place = find("one");
  const over = (on) => place.classList.toggle("over", on);
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  place.addEventListener("dragleave", () => over(false));
  place.addEventListener("drop", (event) => {
    over(false);
    const [file] = event.dataTransfer.files;
    const text = event.dataTransfer.getData("text/plain");
    if (!file && event.target === field) return; // the browser puts dropped text there itself
    event.preventDefault();
    if (file) take(file);
    else if (text) {
      field.value = text;
      analyse();
    }
  });
  document.addEventListener("needs-key", () => {
    find("key-form").hidden = false;
    find("key").focus();
  });
  find("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    useKey(find("key").value);
    find("key").value = "";
    find("key-form").hidden = true;
    problem.replaceChildren();
    if (field.value.trim()) analyse();
    else readModel();
  });
}

// ---- tabs, language, paper

function startTabs() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const choose = (chosen) => {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      find(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
    }
    chosen.focus();
  };
  tabs.forEach((tab, at) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) choose(tabs[(at + step + tabs.length) % tabs.length]);
    });
  });
}

function startLanguage() {
  const buttons = [...document.querySelectorAll("button[data-language]")];
  const speak = (language) => {
    document.documentElement.lang = document.documentElement.dataset.ui = language;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.language === language));
    closeNote();
    closeExamination();
    update();
  };
  for (const button of buttons) button.addEventListener("click", () => speak(button.dataset.language));
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked === "en") speak("en");
}

function startPaper() {
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...result.querySelectorAll("details:not([open])")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });
  addEventListener("beforeunload", (event) => {
    if (view?.corrections.size && !view.saved) event.preventDefault();
  });
}

/** Put the sliders where the model's thresholds are; without a key that waits for one. */
async function readModel() {
  try {
    own = (await callJson("/v1/models/current")).thresholds;
    legend.set({ ...own, ...moved }, own);
  } catch (error) {
    fail(problem, error);
  }
}

async function start() {
  labels = (await callJson("/assets/schema.json")).labels;
  legend = showLegend(find("legend"), labels, (name, value) => {
    if (name === null) moved = {};
    else moved[name] = value;
    update();
  });
  startNotes();
  startForm();
  startTabs();
  startLanguage();
  startPaper();
  showBatch(find("many"), labels, () => (Object.keys(moved).length ? moved : undefined));
  const narrow = matchMedia("(max-width: 60rem)");
  const fold = () => {
    find("fold").open = !narrow.matches;
  };
  fold();
  narrow.addEventListener("change", fold);
  await readModel();
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => fail(problem, error));
