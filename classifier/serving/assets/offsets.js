// The API counts code points, JavaScript UTF-16 units.

/** From the n-th code point of a text to the UTF-16 index where it begins. */
export function toUtf16(text) {
  const places = [];
  for (let at = 0; at < text.length; at += text.codePointAt(at) > 0xffff ? 2 : 1) places.push(at);
  places.push(text.length);
  return (point) => places[Math.max(0, Math.min(point, places.length - 1))];
}

/** From a UTF-16 index to the number of code points before it. */
export function toCodePoints(text, index) {
  return Array.from(text.slice(0, index)).length;
}

/** Spaces for line breaks and marks for control characters, one for one, so that offsets hold. */
export function clean(text) {
  return text
    .replace(/[\t\n\v\f\r\u0085\u2028\u2029]/g, " ")
    .replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g, "\ufffd");
}

/** Cut a text wherever a mark begins or ends; marks are { start, end, … } in code points. */
export function cut(text, marks) {
  const at = toUtf16(text);
  const placed = marks
    .map((mark) => ({ mark, start: at(mark.start), end: at(mark.end) }))
    .filter(({ start, end }) => start < end);
  const edges = [...new Set([0, text.length, ...placed.flatMap(({ start, end }) => [start, end])])];
  edges.sort((a, b) => a - b);
  return edges.slice(1).map((right, number) => {
    const left = edges[number];
    return {
      text: text.slice(left, right),
      marks: placed.filter(({ start, end }) => start <= left && right <= end).map(({ mark }) => mark),
    };
  });
}
