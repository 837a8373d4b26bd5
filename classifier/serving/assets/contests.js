// The reader's corrections in the form that `cadrage corpus import` reads: Label Studio's export,
// one task for each sentence of the article, with spans in code points and a choice for each label.
import { settle, DEPTH_LABEL, WEIGHTS } from "./verdict.js";

const CONTEXT = 3;

/** All tasks of the article; `view.corrections` are merged into the model's flags. */
export function makeTasks(view, source) {
  const { article, score, labels, thresholds, corrections } = view;
  const units = score.sentences.map(({ index, field, start, end, kind }) => [index, field, start, end, kind]);
  const texts = score.sentences.map((sentence) => sentence.text.split(/\s+/).join(" "));
  const tasks = [];
  score.sentences.forEach((sentence, place) => {
    if (sentence.kind === "credit") return;
    const correction = corrections.get(sentence.index);
    tasks.push({
      id: tasks.length + 1,
      data: {
        source,
        document: article.id,
        sha256: article.sha256,
        index: sentence.index,
        text: sentence.text,
        where: `${source}/${article.id}, unit ${sentence.index} (${sentence.field})`,
        before: texts.slice(Math.max(0, place - CONTEXT), place).join(" ") || "—",
        after: texts[place + 1] ?? "—",
        units,
        // Chosen by a reader, not drawn: never to be mistaken for a random sample.
        selection: "contested",
      },
      annotations: [{ was_cancelled: false, result: makeResult(sentence, labels, thresholds, corrections, correction, score.model) }],
    });
  });
  return tasks;
}

function makeResult(sentence, labels, thresholds, corrections, correction, model) {
  const result = [];
  const points = Array.from(sentence.text);
  const add = (name, type, value) =>
    result.push({ id: `u${sentence.index}r${result.length}`, from_name: name, to_name: "text", type, value });
  const spans = new Map();
  let depth = null;
  for (const label of labels) {
    const said = settle(sentence, label.name, thresholds, corrections);
    const cues = said.positive ? said.cues.filter((cue) => cue.device !== WEIGHTS) : [];
    add(label.name, "choices", { choices: [cues.length ? "yes" : "no"] });
    for (const { start, end, device } of cues) {
      const place = `${start} ${end}`;
      spans.set(place, [...(spans.get(place) ?? []), `${label.code}.${device}`]);
    }
    if (cues.length && label.name === DEPTH_LABEL) depth = said.depth || 1;
  }
  for (const [place, codes] of spans) {
    const [start, end] = place.split(" ").map(Number);
    add("cues", "labels", { start, end, text: points.slice(start, end).join(""), labels: codes });
  }
  if (depth) add(`relay_depth`, "number", { number: depth });
  if (correction) {
    const said = Object.entries(correction.labels).map(([name, value]) => `${name} ${value ? "added" : "denied"} by reader`);
    const text = [correction.note, ...said, `model ${model.sha256.slice(0, 12)}`].filter(Boolean).join("; ");
    add("note", "textarea", { text: [text] });
  }
  return result;
}

/** The article as a line of articles.jsonl, which the imported annotations are joined to. */
export function articleLine({ article }) {
  const kept = ["id", "title", "heading", "text", "publisher", "url", "published"];
  const row = Object.fromEntries(kept.filter((name) => article[name]).map((name) => [name, article[name]]));
  return `${JSON.stringify(row)}\n`;
}
