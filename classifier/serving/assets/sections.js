// What an article's sentences say together: chain of hands, headline and body, signals.
import { unitName } from "./article.js";
import { drawChain } from "./chain-drawing.js";
import { LANGUAGES, both, each, el, percent, say, share } from "./dom.js";

const SHOWN = 8;
// As rendering/chain.py has it: *ses propres sources* are anonymous sources.
const BARE_SOURCE = /^(?:(?:l[ae]|les|une?|des|s(?:a|es|on)|leurs?|cette|ces|de) |l'|l’|d')?(?:propres? )?(sources?)$/i;
const SHARES = new Set(["hedged_share", "relay_share", "threat_share", "headline_fidelity", "claims_without_origin"]);

const link = (score, index) => el("a", { href: `#unit-${index}` }, unitName(score.sentences.find((one) => one.index === index) ?? { index }));
const phrase = (code) => (language) => {
  const [key, detail = ""] = code.split(":");
  return say(key, language, { detail }) ?? code;
};
const hint = (key) => el("p.hint", {}, both(key));

function separated(items, between) {
  return items.flatMap((item, at) => (at ? [between, item] : [item]));
}

function sentences(score, indexes) {
  const links = indexes.slice(0, SHOWN).map((index) => link(score, index));
  return [...separated(links, ", "), indexes.length > SHOWN ? ", …" : ""];
}

/** The chain of hands: a drawing whose boxes lead to the sentences that show them, and a list. */
export function showChain(score) {
  const chain = score.chain;
  if (!chain || !(chain.claims.length || chain.edges.length)) return null;
  const name = (number, language) => {
    const node = chain.nodes[number];
    const bare = node.type === "anonymous" && node.name.match(BARE_SOURCE);
    if (bare) return bare[1].toLowerCase().endsWith("s") ? "sources anonymes" : "source anonyme";
    return node.name || say(number ? `type_${node.type}` : "chain_root", language);
  };
  const figures = each((language) =>
    [
      say("chain_depth", language, { depth: chain.depth, count: chain.depth }),
      say("chain_origins", language, { origins: chain.origins, count: chain.origins }),
      chain.unnamed === null ? "" : say("chain_unnamed", language, { share: percent(chain.unnamed, language) }),
    ].filter(Boolean).join(" · "),
  );
  const rows = chain.edges.map((edge) => {
    const sentence = score.sentences.find((one) => one.index === edge.sentence);
    const words = sentence ? Array.from(sentence.text).slice(edge.start, edge.end).join("") : "";
    return el(
      "li",
      {},
      each((language) => say("chain_edge", language, { carrier: name(edge.carrier, language), source: name(edge.source, language) })),
      " (", both(`type_${chain.nodes[edge.source].type}`), ") ", words ? el("q", {}, words) : "", " ", link(score, edge.sentence),
    );
  });
  const drawn = LANGUAGES.map((language) => el(`div.in-${language}`, { lang: language }, drawChain(chain, (number) => name(number, language), language)));
  return el(
    "section.chain",
    { "aria-labelledby": "chain-name" },
    el("h3", { id: "chain-name" }, both("chain")),
    el("p.hint", {}, figures),
    rows.length ? [drawn, hint("chain_hint"), el("details", {}, el("summary", {}, both("chain_list")), el("ul", {}, rows))] : el("p", {}, both("chain_none")),
  );
}

function headline(score, one) {
  const said = one.found.map((name) => el("dd", {}, both(name), " (", each((language) => share(one.classes[name])(language)), ")"));
  const matches = one.matches.map((match) => el("span", {}, link(score, match.sentence), " (", each((language) => percent(match.similarity, language)), ")"));
  const carried = el("dd.carried", {}, matches.length ? [both("carried_by", { sentences: "" }), separated(matches, ", ")] : both("carried_by_none"));
  const limits = one.restrictions.length
    ? el("dd", {}, both("restricted_by", { sentences: "", colon: (language) => say("colon", language) }), sentences(score, one.restrictions))
    : null;
  return [el("dt", {}, both(`of_${one.field}`)), said, carried, limits];
}

function value(signal, language) {
  if (signal.value === null) return "–";
  if (SHARES.has(signal.name)) return percent(signal.value, language);
  if (Number.isInteger(signal.value)) return String(signal.value);
  const text = signal.value.toFixed(1);
  return language === "fr" ? text.replace(".", ",") : text;
}

function place(score, signal) {
  if (signal.reason) return both("no_value", { reason: phrase(signal.reason) });
  const where =
    signal.percentile === null
      ? both("no_percentile", { reason: phrase(signal.percentile_reason) })
      : both("more_than", { share: share(signal.percentile / 100) });
  const indexes = [...new Set(signal.evidence.map((one) => one.sentence))];
  return [where, indexes.length ? " · " : "", sentences(score, indexes)];
}

/** Headline and body, the table of signals, and the resemblance score where there is one. */
export function showSignals(score) {
  const parts = [];
  if (score.headline?.length) {
    parts.push(el("h3", { id: "headlines-name" }, both("headlines")), el("dl.headlines", {}, score.headline.flatMap((one) => headline(score, one))), hint("similarity_hint"));
  }
  if (score.signals?.length) {
    const rows = score.signals.map((signal) =>
      el("tr", { "data-signal": signal.name }, el("th", { scope: "row" }, both(signal.name)), el("td", {}, each((language) => value(signal, language))), el("td", {}, place(score, signal))),
    );
    parts.push(el("h3", { id: "signals-name" }, both("signals")), el("table", { "aria-labelledby": "signals-name" }, el("tbody", {}, rows)), hint("signals_hint"));
  }
  if (score.resemblance) {
    const one = score.resemblance;
    const first = one.reason ? both("no_score", { reason: phrase(one.reason) }) : each((language) => percent(one.probability, language));
    parts.push(el("h3", {}, both("resemblance")), el("ul", {}, el("li", {}, first), one.limits.map((limit) => el("li", {}, each(phrase(limit))))));
  }
  return parts.length ? el("section.signals", { "aria-label": "Signaux / Signals" }, parts) : null;
}
