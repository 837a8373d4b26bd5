// One scored article: figures, text with its cues, list of the evidence.
import { both, each, el, named, say, share, shownLanguage } from "./dom.js";
import { attach } from "./notes.js";
import { clean, cut } from "./offsets.js";
import { settle, summarise, DEPTH_LABEL, WEIGHTS } from "./verdict.js";

export const unitName = (sentence) =>
  sentence.field === "title" ? both("headline") : both("sentence", { index: sentence.index });

/** Title and definition of a device, in the schema's words. */
export function deviceOf(label, name) {
  const device = label.devices.find((one) => one.name === name);
  if (device) return device;
  const words = (key) => ({ fr: say(key, "fr"), en: say(key, "en") });
  return { title: words("weights"), definition: words("weights_why") };
}

/** One piece of evidence: the words, the label and device, why, how probable. */
export function makeNote(view, sentence, label, said, cue, kind = "div", brief = false) {
  const device = deviceOf(label, cue?.device);
  const points = Array.from(clean(sentence.text));
  const words = cue ? points.slice(cue.start, cue.end).join("") : "";
  const odds = el("span.odds", {}, both("probability", { share: share(said.probability) }), ", ", both("threshold", { share: share(view.thresholds[label.name]) }));
  if (said.by !== "model") odds.append(" · ", both(said.by === "added" ? "by_you_added" : "by_you_denied"));
  if (said.positive && said.depth) odds.append(" · ", both("hands", { count: said.depth }));
  return el(
    `${kind}.note.${label.code}`,
    {},
    words ? el("span.quote", {}, el("q", { lang: view.language }, words)) : null,
    el("span.label", {}, brief ? "" : el(`span.u.${label.code}`, {}, named(label.title)), cue && !brief ? " · " : "", cue ? named(device.title) : ""),
    el("span.why", {}, said.withdrawn ? both("withdrawn") : cue ? named(device.definition) : ""),
    odds,
  );
}

/** The verdicts of a sentence that a reader sees, in schema order. */
function flags(view, sentence) {
  if (sentence.kind === "credit") return [];
  return view.labels
    .map((label) => ({ label, said: settle(sentence, label.name, view.thresholds, view.corrections) }))
    .filter(({ said }) => said.positive || said.withdrawn || said.by === "denied");
}

function describe(view, sentence, marks) {
  const language = shownLanguage();
  return marks
    .map(({ label, said, device }) => {
      const { title, definition } = deviceOf(label, device);
      const odds = say("probability", language, { share: share(said.probability) });
      return `${label.title[language]}, ${title[language]}, ${definition[language]} ${odds}`;
    })
    .join("; ");
}

function markedText(view, sentence, found) {
  const marks = found
    .filter(({ said }) => said.positive)
    .flatMap(({ label, said }) => said.cues.map((cue) => ({ ...cue, label, said })));
  const parts = [];
  let link = null;
  for (const segment of cut(clean(sentence.text), marks)) {
    if (!segment.marks.length) {
      link = null;
      parts.push(segment.text);
      continue;
    }
    if (!link) {
      link = el("a.cue", { href: `#unit-${sentence.index}`, "data-note": true, click: (event) => {
        event.preventDefault();
        view.examine(sentence);
      } });
      link.marks = [];
      parts.push(link);
    }
    let inside = document.createTextNode(segment.text);
    for (const label of view.labels.toReversed()) {
      if (segment.marks.some((mark) => mark.label === label)) inside = el(`span.u.${label.code}`, {}, inside);
    }
    link.append(inside);
    for (const mark of segment.marks) if (!link.marks.includes(mark)) link.marks.push(mark);
  }
  for (const part of parts) {
    if (typeof part === "string") continue;
    attach(part, part.marks.map((mark) => () => makeNote(view, sentence, mark.label, mark.said, mark)));
    part.setAttribute("aria-description", describe(view, sentence, part.marks));
  }
  return parts;
}

function tags(view, found) {
  return found.map(({ label, said }) => {
    const style = said.by === "denied" ? ".denied" : said.by === "added" ? ".added" : said.withdrawn ? ".withdrawn" : "";
    const code = said.positive ? el("span", { "aria-hidden": "true" }, label.code, said.depth ? el("sub", {}, String(said.depth)) : "") : el("s", { "aria-hidden": "true" }, label.code);
    const aside = said.by === "denied" ? both("by_you_denied") : said.by === "added" ? both("by_you_added") : said.withdrawn ? both("withdrawn") : null;
    return el(`span.tag.${label.code}${style}`, { "data-label": label.name }, code, el("span.unseen", {}, " ", named(label.title), aside ? " " : "", aside));
  });
}

/** A sentence with its cues underlined, the letters of its labels, and a button to examine it. */
function unit(view, sentence) {
  const found = flags(view, sentence);
  const element = el("span.unit", { id: `unit-${sentence.index}` }, el("span.s", {}, markedText(view, sentence, found)));
  if (sentence.kind === "credit") return element;
  const name = el("span.unseen", {}, each((language) => say("examine_unit", language, { unit: sentence.field === "title" ? say("headline", language) : say("sentence", language, { index: sentence.index }) })));
  element.append(
    el("span.tags", {}, tags(view, found)),
    el("button.examine", { type: "button", click: () => view.examine(sentence) }, el("span", { "aria-hidden": "true" }, "✎"), name),
  );
  return element;
}

/** Paragraphs, where the article's own line breaks stand. */
function paragraphs(view) {
  const points = { title: Array.from(view.article.title), heading: Array.from(view.article.heading), text: Array.from(view.article.text) };
  const groups = [];
  let before = null;
  for (const sentence of view.score.sentences) {
    if (sentence.field === "title") continue;
    const kind = sentence.field === "heading" ? "standfirst" : sentence.kind;
    const joined =
      before && before.field === sentence.field && groups.at(-1).kind === kind &&
      !points[sentence.field].slice(before.end, sentence.start).includes("\n");
    if (joined) groups.at(-1).units.push(sentence);
    else groups.push({ kind, units: [sentence] });
    before = sentence;
  }
  return groups;
}

export function showText(view) {
  const spaced = (units) => units.flatMap((sentence, at) => (at ? [" ", unit(view, sentence)] : [unit(view, sentence)]));
  const title = view.score.sentences.filter((sentence) => sentence.field === "title");
  const lines = paragraphs(view).map(({ kind, units }) => {
    if (kind === "credit") return el("p.credit", {}, el("span.what", {}, both("credit")), " ", el("span", { lang: view.language }, spaced(units)));
    if (kind === "headline") return el("h3", { lang: view.language }, spaced(units));
    return el(kind === "standfirst" ? "p.standfirst" : "p", { lang: view.language }, spaced(units));
  });
  return {
    title: title.length ? spaced(title) : [view.score.title || view.score.id],
    text: el("div.text", {}, lines),
  };
}

/** The figures: one tile a label. They are the model's, at the thresholds of the moment. */
export function showFigures(view) {
  const figures = summarise(view.score, view.labels, view.thresholds);
  const total = figures.sentences;
  const tiles = view.labels.map((label) => {
    const { positive, share: part, devices, without } = figures.labels[label.name];
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    bar.setAttribute("class", "bar");
    bar.setAttribute("viewBox", "0 0 100 6");
    bar.setAttribute("preserveAspectRatio", "none");
    bar.setAttribute("aria-hidden", "true");
    for (const [name, value] of [["all", part], ["strong", without ? without.share : part]]) {
      const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      rect.setAttribute("class", name);
      rect.setAttribute("height", "6");
      rect.setAttribute("width", String(100 * (value || 0)));
      bar.append(rect);
    }
    const mild = label.devices.find((device) => device.mild);
    return el(
      `div.tile.${label.code}`,
      { "data-label": label.name },
      el("h4", {}, el(`span.u.${label.code}`, {}, named(label.title))),
      el("p.lead", {}, el("b.share", {}, each((language) => share(part)(language))), " ", el("span.of", {}, el("span.count", {}, String(positive)), `/${total}`)),
      bar,
      without && mild ? el("p.without", {}, both("without", { device: (language) => mild.title[language] }), el("span.amount", {}, el("b", {}, each((language) => share(without.share)(language))), ` (${without.positive})`)) : null,
      label.name === DEPTH_LABEL && figures.deepest ? el("p.depth", {}, both("max_depth", { count: figures.deepest })) : null,
      el("ul.devices", {}, Object.entries(devices).map(([name, count]) => el("li", {}, named(deviceOf(label, name).title), " ", el("b", {}, String(count))))),
    );
  });
  return el("section.figures", { "aria-labelledby": "figures-name" }, el("h3", { id: "figures-name" }, both("figures"), " ", el("small", {}, both("units", { count: total }))), el("div.tiles", {}, tiles));
}

/** Every cue with its reason, for reading in order and for paper. */
export function showEvidence(view) {
  const entries = [];
  for (const sentence of view.score.sentences) {
    for (const { label, said } of flags(view, sentence)) {
      for (const cue of said.positive && said.cues.length ? said.cues : [null]) {
        const note = makeNote(view, sentence, label, said, cue, "li");
        note.prepend(el("span.where", {}, el("a", { href: `#unit-${sentence.index}` }, unitName(sentence))));
        entries.push(note);
      }
    }
  }
  if (!entries.length) return el("p.nothing", {}, both("no_evidence"));
  return el("details.evidence", {}, el("summary", {}, both("evidence")), el("ol", {}, entries));
}

/** How many flags there are. */
export function countFlags(view) {
  return view.score.sentences.reduce((sum, sentence) => sum + flags(view, sentence).filter(({ said }) => said.positive).length, 0);
}

/** Flags whose words no device explains: they cannot enter a corpus as they are. */
export function unresolved(view) {
  return view.score.sentences.filter((sentence) =>
    flags(view, sentence).some(({ said }) => said.positive && !said.cues.some((cue) => cue.device !== WEIGHTS)),
  );
}
