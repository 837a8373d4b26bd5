// The chain of hands as SVG, as classifier/rendering/chain_svg.py draws it: the article at the left,
// each hand one column further right, every box a link to the sentence that shows it.
import { say } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const [BOX, ROW, GAP, PAD] = [30, 44, 36, 4];
const [CHAR, LONGEST, MARGIN] = [7.4, 30, 20];

function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** For each node that hangs on the article, its longest distance from it. */
function columnsOf(chain) {
  const found = new Map([[0, 0]]);
  for (const _ of chain.nodes) {
    for (const edge of chain.edges) {
      if (found.has(edge.carrier)) found.set(edge.source, Math.max(found.get(edge.source) ?? 0, found.get(edge.carrier) + 1));
    }
  }
  return found;
}

/** A row for each node: a hand stands level with the first that it passes on. */
function rowsOf(chain, columns) {
  const rows = new Map();
  let last = -1;
  const place = (node) => {
    if (rows.has(node)) return;
    rows.set(node, last + 1);
    const sources = chain.edges.filter((edge) => edge.carrier === node && !rows.has(edge.source)).map((edge) => edge.source);
    sources.forEach(place);
    if (!sources.length) last = Math.max(last, rows.get(node));
  };
  [...columns.keys()].sort((a, b) => columns.get(a) - columns.get(b)).forEach(place);
  return rows;
}

/** One drawing in one language; `nameOf` gives what a node is called. */
export function drawChain(chain, nameOf, language) {
  const columns = columnsOf(chain);
  const rows = rowsOf(chain, columns);
  const names = chain.nodes.map((_, number) => nameOf(number));
  const shown = names.map((name) => (Array.from(name).length <= LONGEST ? name : `${Array.from(name).slice(0, LONGEST - 1).join("")}…`));
  const widthOf = (node) => Array.from(shown[node]).length * CHAR + MARGIN;
  const widths = [];
  for (const [node, column] of columns) widths[column] = Math.max(widths[column] ?? 0, widthOf(node));
  const left = (node) => PAD + widths.slice(0, columns.get(node)).reduce((sum, one) => sum + one + GAP, 0);
  const top = (node) => PAD + ROW * rows.get(node);
  const width = PAD * 2 + widths.reduce((sum, one) => sum + one, 0) + GAP * (widths.length - 1);
  const height = PAD * 2 + ROW * Math.max(...rows.values()) + BOX;

  const lines = chain.edges.filter((edge) => columns.has(edge.carrier)).flatMap((edge) => {
    const [from, to] = [left(edge.carrier) + widthOf(edge.carrier), left(edge.source)];
    const [above, below] = [top(edge.carrier) + BOX / 2, top(edge.source) + BOX / 2];
    return [
      draw("path", { class: "edge", "aria-hidden": "true", d: `M${to} ${below}H${to - GAP / 2}V${above}H${from}` }),
      draw("path", { class: "tip", "aria-hidden": "true", d: `M${from} ${above}l7 -4v8z` }),
    ];
  });
  const shape = (node, kind) => [
    draw("rect", { class: `node${kind}`, x: left(node), y: top(node), width: widthOf(node), height: BOX, rx: 4 }),
    draw("text", { x: left(node) + widthOf(node) / 2, y: top(node) + BOX / 2 + 4, "text-anchor": "middle" }, shown[node]),
  ];
  const box = (node) => {
    if (!node) {
      const about = `${names[0]} (${say("type_article", language)})`;
      return draw("g", { role: "img", "aria-label": about }, draw("title", {}, about), ...shape(0, " root"));
    }
    const { type } = chain.nodes[node];
    const index = chain.edges.find((edge) => edge.source === node).sentence;
    const about = say("chain_node", language, { name: names[node], type: say(`type_${type}`, language), index });
    const unnamed = type === "anonymous" || type === "crowd" ? " unnamed" : "";
    return draw("a", { href: `#unit-${index}`, "aria-label": about }, draw("title", {}, about), ...shape(node, unnamed));
  };
  const boxes = [...columns.keys()].sort((a, b) => columns.get(a) - columns.get(b) || rows.get(a) - rows.get(b)).map(box);
  return draw("svg", { class: "chain-graph", viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": say("chain", language) }, ...lines, ...boxes);
}
