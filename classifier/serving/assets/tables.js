// CSV and JSON Lines → rows, as the server takes them.
import { say } from "./dom.js";

const COLUMNS = ["id", "title", "heading", "publisher", "url", "published", "text", "sentences"];

/** What is wrong with a file, in both languages. */
export class FileError extends Error {
  constructor(key, values = {}) {
    super(key);
    this.why = (language) => say(key, language, values);
  }
}

/** The text of a file: UTF-8, UTF-16 by its mark, or else Windows-1252. */
export async function readText(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const encodings = bytes[0] === 0xff && bytes[1] === 0xfe ? ["utf-16le"] : bytes[0] === 0xfe && bytes[1] === 0xff ? ["utf-16be"] : ["utf-8", "windows-1252"];
  for (const encoding of encodings) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      continue;
    }
  }
  return new TextDecoder("utf-8").decode(bytes);
}

/** The rows of a file; throws FileError. */
export function readRows(name, text) {
  if (!text.trim()) throw new FileError("empty_file");
  const rows = /\.csv$/i.test(name) || !text.trimStart().startsWith("{") ? fromCsv(text) : fromJsonLines(text);
  if (!rows.length) throw new FileError("empty_file");
  return rows;
}

function fromJsonLines(text) {
  const rows = [];
  text.split("\n").forEach((line, at) => {
    if (!line.trim()) return;
    let row = null;
    try {
      row = JSON.parse(line);
    } catch {
      row = null;
    }
    if (row === null || typeof row !== "object" || Array.isArray(row)) throw new FileError("bad_line", { index: at + 1 });
    rows.push(known(row, at + 1));
  });
  if (!rows.some((row) => "text" in row || "sentences" in row)) throw new FileError("no_column");
  return rows;
}

function fromCsv(text) {
  const lines = parseCsv(text.replace(/^\ufeff/, ""));
  const [header, ...body] = lines;
  const names = header.map((name) => name.trim());
  if (!names.includes("text")) throw new FileError("no_column");
  return body
    .filter((cells) => cells.some((cell) => cell.trim()))
    .map((cells, at) => known(Object.fromEntries(names.map((name, column) => [name, cells[column] ?? ""])), at + 2));
}

/** The columns that the server knows; the id is always a string. */
function known(row, line) {
  const kept = {};
  for (const name of COLUMNS) {
    const value = row[name];
    if (value === undefined || value === null || value === "") continue;
    kept[name] = typeof value === "number" ? String(value) : value;
  }
  if (kept.sentences) delete kept.text;
  else kept.text ??= "";
  kept.id ??= String(line);
  return kept;
}

/** Cells of a CSV text, quotes and line breaks within quotes included; the delimiter is guessed. */
export function parseCsv(text) {
  const [first] = text.split(/\r?\n/, 1);
  const count = (mark) => first.split(mark).length;
  const delimiter = [",", ";", "\t"].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
  const lines = [];
  let cells = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const mark = text[at];
    if (quoted) {
      if (mark !== '"') cell += mark;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (mark === '"' && cell === "") quoted = true;
    else if (mark === delimiter) {
      cells.push(cell);
      cell = "";
    } else if (mark === "\n" || mark === "\r") {
      if (mark === "\r" && text[at + 1] === "\n") at += 1;
      lines.push([...cells, cell]);
      cells = [];
      cell = "";
    } else cell += mark;
  }
  if (cell || cells.length) lines.push([...cells, cell]);
  return lines;
}
