// Elements, and words in both languages at once: the style sheet shows one of them.
import { SHARED } from "./shared-words.js";
import { WORDS } from "./words.js";

export const LANGUAGES = ["fr", "en"];

/** Make an element: el("p.note", { id: "x" }, "text", [others]). Functions become listeners. */
export function el(kind, attributes = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Say a key of WORDS, or of those that all outputs share; {s} follows the number called count. */
export function say(key, language, values = {}) {
  const words = WORDS[key] ?? SHARED[key];
  if (!words) return undefined;
  const text = words[language === "fr" ? 0 : 1];
  const count = values.count ?? 1;
  const plural = language === "fr" ? count > 1 : count !== 1;
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    if (name === "s") return plural ? "s" : "";
    const value = values[name];
    return String(typeof value === "function" ? value(language) : value);
  });
}

/** The words of a key, once for each language. */
export function both(key, values = {}) {
  return each((language) => say(key, language, values));
}

/** What a function gives for each language. */
export function each(make) {
  const fragment = document.createDocumentFragment();
  for (const language of LANGUAGES) {
    fragment.append(el(`span.in-${language}`, { lang: language }, make(language)));
  }
  return fragment;
}

/** The title or definition that the schema gives, once for each language. */
export const named = (texts) => each((language) => texts[language]);

/** The language that is shown now. */
export const shownLanguage = () => document.documentElement.dataset.ui;

/** A share as a whole percentage, as Python writes it: half to even, nothing rounded to 0 or 1. */
export function percent(share, language) {
  if (share === null || share === undefined || Number.isNaN(share)) return "–";
  const bound = share === 0 || share === 1 ? "" : share < 0.005 ? "< " : share >= 0.995 ? "> " : "";
  const exact = share * 100;
  const floor = Math.floor(exact);
  const near = exact - floor === 0.5 ? floor + (floor % 2) : Math.round(exact);
  const whole = bound === "< " ? 1 : bound === "> " ? 99 : near;
  return `${bound}${whole}${language === "fr" ? "\u202f" : ""}%`;
}

export const share = (value) => (language) => percent(value, language);

/** Save text as a file of the reader's. */
export function download(name, kind, content) {
  const url = URL.createObjectURL(new Blob([content], { type: kind }));
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
