// The tab that takes a file of articles: a few at a time to the server, with progress.
import { ApiError, call } from "./api.js";
import { both, download, each, el, named, share } from "./dom.js";
import { FileError, readRows, readText } from "./tables.js";

const ARTICLES = 16;
const BYTES = 500_000;
const SHOWN = 200;
const RETRIES = 8;

const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** Rows in portions that the server takes. */
function* portions(rows, most) {
  let portion = [];
  let size = 0;
  for (const row of rows) {
    const bytes = JSON.stringify(row).length * 2;
    if (portion.length && (portion.length >= most || size + bytes > BYTES)) {
      yield portion;
      portion = [];
      size = 0;
    }
    portion.push(row);
    size += bytes;
  }
  if (portion.length) yield portion;
}

async function send(articles, thresholds) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await call("/v1/articles:batch", { articles, thresholds });
      return await answer.json();
    } catch (error) {
      if (!(error instanceof ApiError) || error.kind !== "busy" || attempt >= RETRIES) throw error;
      await wait(error.retry || 1);
    }
  }
}

/** Build the tab; `thresholds()` gives those of the moment, undefined for the model's. */
export function showBatch(place, labels, thresholds) {
  const file = el("input", { id: "batch-file", type: "file", accept: ".csv,.jsonl,.ndjson,.json,text/csv", "aria-describedby": "batch-about" });
  const start = el("button.go", { type: "submit", disabled: true }, both("batch_start"));
  const stop = el("button", { type: "button", hidden: true }, both("batch_stop"));
  const about = el("p", { role: "status", id: "batch-status" });
  const progress = el("progress", { max: "1", value: "0", hidden: true, "aria-labelledby": "batch-status" });
  const count = el("p.count-of-batch", { "aria-hidden": "true" });
  const problem = el("div", { role: "alert" });
  const results = el("div");
  const form = el(
    "form",
    { id: "batch-form" },
    el("label", { for: "batch-file" }, both("batch_choose")),
    el("p", { id: "batch-about" }, both("batch_about")),
    file,
    el("div.bar-of-buttons", {}, start, stop),
  );
  place.append(form, about, progress, count, problem, results);
  let rows = [];
  let running = false;

  const take = async (chosen) => {
    problem.replaceChildren();
    results.replaceChildren();
    count.replaceChildren();
    rows = [];
    try {
      rows = readRows(chosen.name, await readText(chosen));
      about.replaceChildren(both("batch_read", { count: rows.length, name: chosen.name }));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      about.replaceChildren();
      problem.replaceChildren(el("p.warning", {}, both("bad_file", { why: error.why })));
    }
    start.disabled = !rows.length;
  };

  const run = async () => {
    running = true;
    start.disabled = true;
    stop.hidden = false;
    progress.hidden = false;
    progress.max = rows.length;
    problem.replaceChildren();
    results.replaceChildren();
    const scores = [];
    const shown = [];
    let failed = 0;
    let done = 0;
    const tell = () => {
      progress.value = done;
      count.replaceChildren(both("batch_progress", { count: done, total: rows.length }));
    };
    tell();
    let asked = thresholds();
    try {
      for (const portion of portions(rows, ARTICLES)) {
        if (!running) break;
        const { results: found } = await send(portion, asked);
        found.forEach((one, at) => {
          if (one.score) scores.push(one.score);
          else failed += 1;
          if (shown.length < SHOWN) shown.push({ row: portion[at], ...one });
        });
        done += portion.length;
        tell();
      }
    } catch (error) {
      running = false;
      problem.replaceChildren(error instanceof ApiError ? error.show() : el("p.warning", {}, String(error)));
    }
    const key = running ? "batch_done" : "batch_stopped";
    about.replaceChildren(both(key, { scored: scores.length, failed }));
    running = false;
    stop.hidden = true;
    start.disabled = false;
    results.replaceChildren(...table(shown, scores, labels));
  };

  file.addEventListener("change", () => file.files[0] && take(file.files[0]));
  stop.addEventListener("click", () => {
    running = false;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!running && rows.length) run();
  });
  place.addEventListener("dragover", (event) => event.preventDefault());
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!running && event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
}

function table(shown, scores, labels) {
  const head = el("tr", {}, el("th", { scope: "col" }, both("batch_article")), el("th", { scope: "col" }, both("batch_units")), labels.map((label) => el("th", { scope: "col" }, el(`span.u.${label.code}`, {}, named(label.title)))));
  const lines = shown.map(({ row, score, problem }) => {
    const name = el("th", { scope: "row" }, row.title || row.id);
    if (problem) return el("tr", {}, name, el("td", { colspan: String(labels.length + 1) }, both("batch_refused", { why: problem.detail })));
    const shares = labels.map((label) => {
      const { share: part, positive } = score.summary.labels[label.name];
      return el("td", {}, each((language) => share(part)(language)), ` (${positive})`);
    });
    return el("tr", {}, name, el("td", {}, String(score.summary.sentences)), shares);
  });
  const save = () => download("cadrage-scores.jsonl", "application/x-ndjson", scores.map((score) => `${JSON.stringify(score)}\n`).join(""));
  return [
    el("h2", {}, both("batch_results")),
    scores.length ? el("p.bar-of-buttons", {}, el("button", { type: "button", id: "batch-save", click: save }, both("batch_download"))) : "",
    el("div.wide", { tabindex: "0", role: "region", "aria-labelledby": "batch-status" }, el("table", {}, el("thead", {}, head), el("tbody", {}, lines))),
    scores.length > SHOWN ? el("p", {}, both("batch_more", { count: SHOWN })) : "",
  ];
}
