"use strict";
(() => {
  const root = document.getElementById("browser");
  const data = JSON.parse(document.getElementById("browser-data").textContent);
  const ready = () => { document.documentElement.dataset.ready = "yes"; };
  if (!root || !data.models.length) { ready(); return; }
  const form = root.querySelector("form"), list = root.querySelector("#cases");
  const count = root.querySelector("#count"), more = root.querySelector("#more");
  const STEP = 40;
  let found = [], shown = 0;

  const option = (select, value, text) => {
    const one = document.createElement("option");
    one.value = value; one.textContent = text; select.append(one);
  };
  data.models.forEach((model, k) => option(form.model, String(k), model.name));
  option(form.label, "", "any");
  data.labels.forEach((label, k) => option(form.label, String(k), label));
  [["wrong", "all errors"], ["fp", "false positive"], ["fn", "missed"], ["tp", "found"], ["tn", "near miss"], ["", "all"]]
    .forEach(([value, text]) => option(form.kind, value, text));
  option(form.source, "", "any"); data.sources.forEach((name) => option(form.source, name, name));
  option(form.device, "", "any"); data.devices.forEach((name) => option(form.device, name, name));

  const kindOf = (row, k) => (row.g[k] ? (row.y[k] ? "tp" : "fn") : (row.y[k] ? "fp" : "tn"));
  const keep = (row, k) => {
    const kind = kindOf(row, k);
    const wanted = form.kind.value;
    if (wanted === "wrong" ? kind === "tp" || kind === "tn" : wanted && kind !== wanted) return false;
    if (!wanted && kind === "tn" && row.p[k] < data.near) return false;
    if (wanted === "tn" && row.p[k] < data.near) return false;
    if (form.source.value && row.s !== form.source.value) return false;
    const device = form.device.value;
    if (device && !row.gc[k].concat(row.pc[k]).some((cue) => cue[2] === device)) return false;
    /* An emptied field sets no limit. */
    const high = form.high.value === "" ? 1 : Number(form.high.value);
    if (row.c[k] < Number(form.low.value) || row.c[k] > high) return false;
    const words = form.words.value.trim().toLowerCase();
    return !words || row.t.toLowerCase().includes(words) || row.d.includes(words);
  };
  const element = (tag, kind, text) => {
    const one = document.createElement(tag);
    if (kind) one.className = kind;
    if (text !== undefined) one.textContent = text;
    return one;
  };
  /* Offsets count code points, JavaScript's strings count UTF-16 units. */
  const highlight = (text, gold, said) => {
    const points = Array.from(text), line = element("p", "text");
    const cuts = new Set([0, points.length]);
    gold.concat(said).forEach(([start, end]) => { cuts.add(start); cuts.add(Math.min(end, points.length)); });
    const order = Array.from(cuts).sort((a, b) => a - b);
    for (let k = 0; k + 1 < order.length; k += 1) {
      const start = order[k], end = order[k + 1];
      const over = (cues) => cues.filter((cue) => cue[0] <= start && cue[1] >= end);
      const inGold = over(gold), inSaid = over(said), piece = points.slice(start, end).join("");
      if (!inGold.length && !inSaid.length) { line.append(piece); continue; }
      const mark = element("mark", (inGold.length ? "gold " : "") + (inSaid.length ? "said" : ""), piece);
      mark.title = inGold.map((cue) => "gold: " + cue[2]).concat(inSaid.map((cue) => "model: " + cue[2])).join(", ");
      line.append(mark);
    }
    return line;
  };
  const NAMES = { fp: "false positive", fn: "missed", tp: "found", tn: "rightly silent" };
  const draw = ([row, k]) => {
    const kind = kindOf(row, k), box = element("article", "case" + (kind === "fp" || kind === "fn" ? " wrong" : ""));
    const meta = element("div", "meta");
    meta.append(element("span", "verdict " + kind, NAMES[kind]), element("span", "", data.labels[k]),
      element("span", "", "p = " + row.p[k].toFixed(3)), element("span", "", row.d + " #" + row.i));
    const devices = (cues) => Array.from(new Set(cues.map((cue) => cue[2]))).join(", ") || "none";
    meta.append(element("span", "", "gold: " + devices(row.gc[k])), element("span", "", "model: " + devices(row.pc[k])));
    box.append(meta);
    if (row.b) box.append(element("p", "context", row.b));
    box.append(highlight(row.t, row.gc[k], row.pc[k]));
    if (row.a) box.append(element("p", "context", row.a));
    return box;
  };
  const extend = () => {
    found.slice(shown, shown + STEP).forEach((one) => list.append(draw(one)));
    shown = Math.min(shown + STEP, found.length);
    more.hidden = shown >= found.length;
  };
  const refresh = () => {
    const rows = data.models[Number(form.model.value)].rows;
    const labels = form.label.value === "" ? data.labels.map((_, k) => k) : [Number(form.label.value)];
    found = [];
    rows.forEach((row) => labels.forEach((k) => { if (keep(row, k)) found.push([row, k]); }));
    const order = form.order.value;
    if (order === "sure") found.sort((a, b) => b[0].c[b[1]] - a[0].c[a[1]]);
    if (order === "unsure") found.sort((a, b) => a[0].c[a[1]] - b[0].c[b[1]]);
    list.replaceChildren(); shown = 0;
    count.textContent = found.length + " of " + rows.length + " sentences × labels match";
    extend();
  };
  form.addEventListener("input", refresh);
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", extend);
  refresh();
  ready();
})();
