// What an article's sentences say together: chain of hands, headline and body, signals.
import { unitName } from "./article.js";
import { both, each, el, percent, say, share } from "./dom.js";

const MOST_WAYS = 40;
const SHOWN = 8;
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

/** Every way from the article to an end of its chain, as edges, the longest first. */
function ways(chain) {
  const found = [];
  const walk = (node, way) => {
    if (found.length >= MOST_WAYS) return;
    const next = chain.edges.filter((edge) => edge.carrier === node && !way.includes(edge));
    if (!next.length && way.length) found.push(way);
    for (const edge of next) walk(edge.source, [...way, edge]);
  };
  walk(0, []);
  return found.sort((a, b) => b.length - a.length);
}

/** The chain as lines `A ← B ← C`; each hand leads to the sentence that shows it. */
export function showChain(score) {
  const chain = score.chain;
  if (!chain || !(chain.claims.length || chain.edges.length)) return null;
  const name = (number) => {
    const node = chain.nodes[number];
    return node.name || each((language) => say(number ? `type_${node.type}` : "chain_root", language));
  };
  const figures = each((language) =>
    [
      say("chain_depth", language, { depth: chain.depth, count: chain.depth }),
      say("chain_origins", language, { origins: chain.origins, count: chain.origins }),
      chain.unnamed === null ? "" : say("chain_unnamed", language, { share: percent(chain.unnamed, language) }),
    ].filter(Boolean).join(" · "),
  );
  const hand = (edge) => {
    const type = chain.nodes[edge.source].type;
    return el(`a.hand${type === "anonymous" || type === "crowd" ? ".unnamed" : ""}`, { href: `#unit-${edge.sentence}` }, name(edge.source));
  };
  const arrow = () => el("span", { "aria-hidden": "true" }, " ← ");
  const lines = ways(chain).map((way) =>
    el("li", {}, el("span.hand.root", {}, name(0)), way.flatMap((edge) => [arrow(), el("span.unseen", {}, ", "), hand(edge)])),
  );
  const rows = chain.edges.map((edge) => {
    const sentence = score.sentences.find((one) => one.index === edge.sentence);
    const words = sentence ? Array.from(sentence.text).slice(edge.start, edge.end).join("") : "";
    const plain = (number, language) => chain.nodes[number].name || say(number ? `type_${chain.nodes[number].type}` : "chain_root", language);
    return el(
      "li",
      {},
      each((language) => say("chain_edge", language, { carrier: plain(edge.carrier, language), source: plain(edge.source, language) })),
      " (", both(`type_${chain.nodes[edge.source].type}`), ") ", words ? el("q", {}, words) : "", " ", link(score, edge.sentence),
    );
  });
  return el(
    "section.chain",
    { "aria-labelledby": "chain-name" },
    el("h3", { id: "chain-name" }, both("chain")),
    el("p.hint", {}, figures),
    lines.length ? el("ol.ways", {}, lines) : el("p", {}, both("chain_none")),
    rows.length ? el("details", {}, el("summary", {}, both("chain_list")), el("ul", {}, rows)) : null,
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
  if (score.headlines?.length) {
    parts.push(el("h3", { id: "headlines-name" }, both("headlines")), el("dl.headlines", {}, score.headlines.flatMap((one) => headline(score, one))), hint("similarity_hint"));
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
