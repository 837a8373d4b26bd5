// What holds of a sentence at the thresholds of the moment, and after the reader's corrections.

export const DEPTH_LABEL = "relay_sourcing";
export const WEIGHTS = "weights";

/** The model's say: the scores were asked for at threshold 0, so that every cue is here. */
export function judge(sentence, name, thresholds) {
  const score = sentence.labels[name];
  const reached = sentence.kind !== "credit" && score.probability >= thresholds[name];
  return {
    probability: score.probability,
    positive: reached && !score.withdrawn,
    withdrawn: reached && Boolean(score.withdrawn),
    cues: score.cues,
    depth: score.depth ?? null,
    by: "model",
  };
}

/** The same after a correction: { cues, depth } adds or mends, null denies. */
export function settle(sentence, name, thresholds, corrections) {
  const said = judge(sentence, name, thresholds);
  const correction = corrections.get(sentence.index)?.labels[name];
  if (correction === undefined) return said;
  if (correction === null) return { ...said, positive: false, withdrawn: false, by: "denied" };
  return { ...said, ...correction, positive: true, withdrawn: false, by: "added" };
}

/** Counts and shares, as the server's summary has them, at the thresholds of the moment. */
export function summarise(score, labels, thresholds) {
  const units = score.sentences.filter((sentence) => sentence.kind !== "credit");
  let deepest = 0;
  const figures = {};
  for (const label of labels) {
    const mild = new Set(label.devices.filter((device) => device.mild).map((device) => device.name));
    const devices = {};
    let positive = 0;
    let strong = 0;
    for (const sentence of units) {
      const said = judge(sentence, label.name, thresholds);
      if (!said.positive) continue;
      positive += 1;
      if (said.cues.some((cue) => !mild.has(cue.device))) strong += 1;
      for (const device of new Set(said.cues.map((cue) => cue.device))) {
        devices[device] = (devices[device] || 0) + 1;
      }
      if (said.depth) deepest = Math.max(deepest, said.depth);
    }
    const share = (count) => (units.length ? count / units.length : null);
    figures[label.name] = {
      positive,
      share: share(positive),
      devices,
      without: mild.size ? { positive: strong, share: share(strong) } : null,
    };
  }
  return { sentences: units.length, labels: figures, deepest: deepest || null };
}
