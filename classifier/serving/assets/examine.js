// The dialog of one sentence: what the model says and why, and the reader's corrections.
import { both, el, named, share, shownLanguage } from "./dom.js";
import { makeNote, unitName } from "./article.js";
import { clean, toCodePoints, toUtf16 } from "./offsets.js";
import { judge, settle, DEPTH_LABEL, WEIGHTS } from "./verdict.js";

/** Show a sentence; `changed()` is called after every correction. */
export function examine(view, sentence, changed) {
  const text = clean(sentence.text);
  const status = el("p", { role: "status" });
  const verdicts = el("div.verdicts");
  const words = el("textarea", { id: "words", readonly: true, rows: "3", lang: view.language, spellcheck: "false" }, text);
  const device = el(
    "select",
    { id: "device" },
    view.labels.map((label) => {
      const group = el("optgroup", { label: "" });
      group.append(...label.devices.map((one) => el("option", { value: `${label.name}.${one.name}` }, "")));
      return group;
    }),
  );
  const depth = el("input", { id: "depth", type: "number", min: "1", max: "9", step: "1", value: "1" });
  const depthRow = el("p", {}, el("label", { for: "depth" }, both("depth")), depth);
  const note = el("input", { id: "note", type: "text", maxlength: "300", autocomplete: "off" });
  note.value = view.corrections.get(sentence.index)?.note ?? "";

  const tell = (key, values = {}) => status.replaceChildren(both(key, values));
  const speak = () => {
    const language = shownLanguage();
    view.labels.forEach((label, at) => {
      device.children[at].label = label.title[language];
      label.devices.forEach((one, place) => {
        device.children[at].children[place].textContent = one.title[language];
      });
    });
  };
  const correction = () => {
    if (!view.corrections.has(sentence.index)) view.corrections.set(sentence.index, { labels: {}, note: "" });
    return view.corrections.get(sentence.index);
  };
  const tidy = () => {
    const found = view.corrections.get(sentence.index);
    if (found && !found.note && !Object.keys(found.labels).length) view.corrections.delete(sentence.index);
    show();
    changed();
  };

  const show = () => {
    verdicts.replaceChildren(
      ...view.labels.map((label) => {
        const said = settle(sentence, label.name, view.thresholds, view.corrections);
        const corrected = said.by !== "model";
        const state = corrected ? (said.by === "added" ? "by_you_added" : "by_you_denied") : said.withdrawn ? "withdrawn" : said.positive ? "flagged" : "not_flagged";
        const buttons = el("p.bar-of-buttons");
        if (said.positive && !corrected) {
          buttons.append(el("button", { type: "button", "data-deny": label.name, click: () => {
            correction().labels[label.name] = null;
            tidy();
            tell("denied");
            verdicts.querySelector(`[data-undo="${label.name}"]`)?.focus();
          } }, both("deny"), el("span.unseen", {}, " ", named(label.title))));
        }
        if (corrected) {
          buttons.append(el("button", { type: "button", "data-undo": label.name, click: () => {
            delete correction().labels[label.name];
            tidy();
            tell("undone");
            (verdicts.querySelector(`[data-deny="${label.name}"]`) ?? words).focus();
          } }, both("undo"), el("span.unseen", {}, " ", named(label.title))));
        }
        return el(
          `section.verdict.${label.code}`,
          {},
          el("h3", {}, el(`span.u.${label.code}`, {}, named(label.title)), " – ", both(state)),
          said.positive
            ? el("ul", {}, said.cues.map((cue) => makeNote(view, sentence, label, said, cue, "li", true)))
            : el("p.odds", {}, both("probability", { share: share(said.probability) }), ", ", both("threshold", { share: share(view.thresholds[label.name]) })),
          buttons.childNodes.length ? buttons : null,
        );
      }),
    );
  };

  const suggest = () => {
    const [name] = device.value.split(".");
    depthRow.hidden = name !== DEPTH_LABEL;
    const said = judge(sentence, name, view.thresholds);
    depth.value = String(said.depth || 1);
    const [cue] = said.cues.filter((one) => one.device === WEIGHTS);
    if (cue && said.positive) {
      const at = toUtf16(text);
      words.setSelectionRange(at(cue.start), at(cue.end));
    }
  };
  const add = () => {
    if (words.selectionStart === words.selectionEnd) {
      tell("select_first");
      words.focus();
      return;
    }
    const [name, kind] = device.value.split(".");
    let { selectionStart: from, selectionEnd: to } = words;
    while (from < to && /\s/.test(text[from])) from += 1;
    while (to > from && /\s/.test(text[to - 1])) to -= 1;
    const start = toCodePoints(text, from);
    const end = toCodePoints(text, to);
    if (start === end) return;
    const said = settle(sentence, name, view.thresholds, view.corrections);
    const kept = said.positive ? said.cues.filter((cue) => cue.device !== WEIGHTS) : [];
    const same = kept.some((cue) => cue.start === start && cue.end === end && cue.device === kind);
    const cues = same ? kept : [...kept, { start, end, device: kind }];
    cues.sort((a, b) => a.start - b.start || a.end - b.end);
    const hands = name === DEPTH_LABEL ? Math.max(1, Math.round(Number(depth.value)) || 1) : null;
    correction().labels[name] = { cues, depth: hands };
    tidy();
    tell("added", { words: text.slice(from, to) });
  };

  const dialog = el(
    "dialog.examination",
    { "aria-labelledby": "examined" },
    el("h2", { id: "examined" }, both("examine"), " – ", unitName(sentence)),
    el("p.sentence", { lang: view.language }, text),
    verdicts,
    el(
      "section.addition",
      {},
      el("h3", {}, both("add")),
      el("p", {}, el("label", { for: "device" }, both("add_device")), device),
      el("p", {}, el("label", { for: "words" }, both("add_words")), words),
      depthRow,
      el("p.bar-of-buttons", {}, el("button", { type: "button", id: "add", click: add }, both("add_button"))),
      el("p", {}, el("label", { for: "note" }, both("note")), note),
    ),
    status,
    el("p.bar-of-buttons", {}, el("button.go", { type: "button", id: "close", click: () => dialog.close() }, both("close"))),
  );
  device.addEventListener("change", suggest);
  note.addEventListener("change", () => {
    correction().note = note.value.trim();
    tidy();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    // The text was written anew under the dialog: focus goes back to the same sentence.
    document.querySelector(`#unit-${sentence.index} .examine`)?.focus({ preventScroll: true });
  });
  speak();
  show();
  document.body.append(dialog);
  dialog.showModal();
  suggest();
  return dialog;
}

/** The text of a select option cannot hold two languages: said again when the language changes. */
export const closeExamination = () => document.querySelector("dialog.examination")?.close();

