"""Sentence boundaries: this project's segmenter beside five others, all in one run.

Boundary F1. A document is a list of gold sentences joined into one text. Its boundaries are the
offsets where a unit ends and another one follows in the same document: the end of the last unit
is no boundary, it is given. An offset counts code points and stands right after the last character
of the unit that is not white space. True positives, false positives and false negatives are summed
over the documents of a part, then F1 = 2 tp / (2 tp + fp + fn). It is NaN where there is nothing
to find and nothing was found.

The same holds for every system. Line breaks are boundaries by this project's definition and by no
other's, so each system is given each line of a document apart, which helps the others. A library
that returns strings is put back onto the text by counting the characters that are not white space.

Documents. From UD_French-Sequoia and UD_French-PUD: the sentences (``# text =``) that start with a
capital or a quotation mark and end in final punctuation (closing marks after it allowed), shuffled
with a seed, twelve a document, joined once by a space and once by nothing. And the project's case
file, written by somebody who had not seen the code. Sequoia train and dev and the even lines of the
case file were used to write the rules; Sequoia test, PUD and the odd lines were not looked at.

Speed is gold sentences per second of processor time of one process, over all UD sentences joined by
a space, the best of three runs, each on documents shuffled anew so that no cache of whole texts
answers; loading the library is not counted.

Run: ``python -m experiments.benchmarks.segmentation [--from DIR] [--json OUT]``
"""

from __future__ import annotations

import argparse
import json
import lzma
import math
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from classifier.text.segmentation import split

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases" / "segmentation.jsonl"
FOLDERS = (ROOT.parent / "shared" / "corpora", ROOT / ".cadrage" / "corpora")
PARTS = ("sequoia-train", "sequoia-dev", "sequoia-test", "pud")
SEED = 20240531
SENTENCES_PER_DOCUMENT = 12
GOALS = {"space": 0.998, "glued": 0.97, "cases": 0.98, "sentences_per_second": 30_000}

OPENING = "\"'«“„‘"
CLOSING = "\"'»”’)] \u00a0\u202f"
FINAL = ".!?…"

Ends = Callable[[str], list[int]]


@dataclass(frozen=True)
class Document:
    """A text and the offsets where its sentences end, the last one's included."""

    text: str
    ends: tuple[int, ...]


# --- documents -----------------------------------------------------------------------------------


def find_treebank(part: str, folder: Path) -> Path | None:
    """Return the file of a UD part in ``folder``, packed here or as its publisher names it."""
    treebank, _, split_name = part.partition("-")
    published = f"fr_{treebank}-ud-{split_name or 'test'}.conllu"
    for name in (
        f"ud_{part}.conllu.xz",
        f"ud_{part}.conllu",
        published,
        f"{treebank}-conllu/{published}",
    ):
        if (folder / name).is_file():
            return folder / name
    return None


def read_sentences(path: Path) -> list[str]:
    """Return the sentences of a treebank that start and end as a sentence does."""
    packed = path.read_bytes()
    content = (lzma.decompress(packed) if path.suffix == ".xz" else packed).decode("utf-8")
    mark = "# text ="
    texts = [line[len(mark) :].strip() for line in content.splitlines() if line.startswith(mark)]
    return [
        text
        for text in texts
        if text and (text[0].isupper() or text[0] in OPENING)
        if text.rstrip(CLOSING)[-1:] in tuple(FINAL)
    ]


def build_documents(sentences: list[str], separator: str, seed: int = SEED) -> list[Document]:
    """Shuffle with the seed and join, twelve a document."""
    shuffled = sorted(sentences)
    random.Random(seed).shuffle(shuffled)
    size = SENTENCES_PER_DOCUMENT
    return [join(shuffled[i : i + size], separator) for i in range(0, len(shuffled), size)]


def join(sentences: list[str], separator: str) -> Document:
    ends: list[int] = []
    position = 0
    for sentence in sentences:
        position += len(sentence)
        ends.append(position)
        position += len(separator)
    return Document(separator.join(sentences), tuple(ends))


def read_cases(half: str) -> list[Document]:
    """Return the case file's ``even`` or ``odd`` lines, counted from 1."""
    documents: list[Document] = []
    for number, line in enumerate(CASES.read_text(encoding="utf-8").splitlines(), start=1):
        if (number % 2 == 0) != (half == "even"):
            continue
        case = json.loads(line)
        ends: list[int] = []
        position = 0
        for sentence in case["sentences"]:
            position = case["text"].index(sentence, position) + len(sentence)
            ends.append(position)
        documents.append(Document(case["text"], tuple(ends)))
    return documents


# --- systems -------------------------------------------------------------------------------------


def from_strings(text: str, pieces: list[str]) -> list[int]:
    """Return where each piece ends in ``text``, counting characters that are not white space."""
    solid = [position for position, char in enumerate(text, start=1) if not char.isspace()]
    ends: list[int] = []
    count = 0
    for piece in pieces:
        count += sum(not char.isspace() for char in piece)
        if 0 < count <= len(solid):
            ends.append(solid[count - 1])
    return ends


def load_cadrage() -> Ends:
    return lambda text: [end for _, end in split(text)]


def load_pysbd() -> Ends:
    import pysbd

    segmenter = pysbd.Segmenter(language="fr", clean=False)
    return lambda text: from_strings(text, segmenter.segment(text))


def load_syntok() -> Ends:
    from syntok import segmenter

    def ends(text: str) -> list[int]:
        sentences = [sentence for paragraph in segmenter.process(text) for sentence in paragraph]
        starts = [sentence[0].offset for sentence in sentences] + [len(text)]
        return [len(text[:start].rstrip()) for start in starts[1:]]

    return ends


def load_spacy() -> Ends:
    import spacy

    pipeline = spacy.blank("fr")
    pipeline.add_pipe("sentencizer")
    return lambda text: [len(text[: s.end_char].rstrip()) for s in pipeline(text).sents]


def load_nupunkt() -> Ends:
    import nupunkt

    nupunkt.sent_spans("Une phrase. Une autre.")
    return lambda text: [len(text[:end].rstrip()) for _, end in nupunkt.sent_spans(text)]


def load_sentence_splitter() -> Ends:
    from sentence_splitter import SentenceSplitter

    splitter = SentenceSplitter(language="fr")
    return lambda text: from_strings(text, splitter.split(text))


SYSTEMS: dict[str, Callable[[], Ends]] = {
    "cadrage": load_cadrage,
    "pysbd": load_pysbd,
    "syntok": load_syntok,
    "spacy": load_spacy,
    "nupunkt": load_nupunkt,
    "sentence-splitter": load_sentence_splitter,
}


# --- measures ------------------------------------------------------------------------------------


def iterate_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line that is not blank and where it starts."""
    position = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            yield position, line
        position += len(line)


def count(documents: list[Document], find: Ends) -> tuple[int, int, int]:
    """Return true positives, false positives and false negatives over all documents."""
    hits = extra = missed = 0
    for document in documents:
        last = len(document.text.rstrip())
        found = {
            start + end
            for start, line in iterate_lines(document.text)
            for end in {*find(line), len(line.rstrip())}
        } - {last, 0}
        gold = set(document.ends) - {last}
        hits += len(gold & found)
        extra += len(found - gold)
        missed += len(gold - found)
    return hits, extra, missed


def f1(hits: int, extra: int, missed: int) -> float:
    total = 2 * hits + extra + missed
    return 2 * hits / total if total else math.nan


def measure_speed(runs: list[list[Document]], find: Ends) -> float:
    """Return gold sentences per second of processor time, the best of these runs."""
    speeds: list[float] = []
    for documents in runs:
        started = time.process_time()
        for document in documents:
            find(document.text)
        spent = time.process_time() - started
        speeds.append(sum(len(document.ends) for document in documents) / max(spent, 1e-9))
    return max(speeds)


def run(folder: Path | None) -> dict[str, Any]:
    """Measure every installed system on every part that is there."""
    parts: dict[str, list[Document]] = {}
    treebanks: dict[str, list[str]] = {}
    notes: list[str] = []
    for part in PARTS:
        path = find_treebank(part, folder) if folder else None
        if path is None:
            where = folder or " or ".join(str(place) for place in FOLDERS)
            notes.append(
                f"{part}: no UD text in {where}; not measured. Give its folder: --from DIR"
            )
            continue
        treebanks[part] = read_sentences(path)
        parts[f"{part}/space"] = build_documents(treebanks[part], " ")
        parts[f"{part}/glued"] = build_documents(treebanks[part], "")
    parts["cases-even"] = read_cases("even")
    parts["cases-odd"] = read_cases("odd")
    everything = [sentence for sentences in treebanks.values() for sentence in sentences]
    timed = [build_documents(everything, " ", SEED + number) for number in (1, 2, 3)]
    if not everything:
        timed = [parts["cases-even"] + parts["cases-odd"]]

    systems: dict[str, Any] = {}
    for name, load in SYSTEMS.items():
        try:
            find = load()
        except ImportError as error:
            notes.append(
                f"{name}: not installed ({error}); not measured. "
                "Run `make benchmark-segmentation`, or pip install -r requirements/compare.txt"
            )
            continue
        counts = {part: count(documents, find) for part, documents in parts.items()}
        systems[name] = {
            "version": metadata.version(name),
            "f1": {part: round(f1(*numbers), 5) for part, numbers in counts.items()},
            "counts": {
                part: dict(zip(("tp", "fp", "fn"), numbers, strict=True))
                for part, numbers in counts.items()
            },
            "sentences_per_second": round(measure_speed(timed, find)),
        }
    sizes = {
        part: {
            "documents": len(documents),
            "sentences": sum(len(document.ends) for document in documents),
            "boundaries": sum(len(document.ends) - 1 for document in documents),
        }
        for part, documents in parts.items()
    }
    return {
        "seed": SEED,
        "sentences_per_document": SENTENCES_PER_DOCUMENT,
        "python": sys.version.split()[0],
        "goals": GOALS,
        "used_to_write_the_rules": ["sequoia-train", "sequoia-dev", "cases-even"],
        "parts": sizes,
        "systems": systems,
        "notes": notes,
    }


def format_table(report: dict[str, Any]) -> str:
    """Return the report as one table, parts down and systems across."""
    names = list(report["systems"])
    rows = [["boundary F1", "bounds", *names]]
    for part, size in report["parts"].items():
        tuned = any(part.startswith(used) for used in report["used_to_write_the_rules"])
        cells = [f"{report['systems'][name]['f1'][part]:.4f}" for name in names]
        rows.append([part + (" *" if tuned else ""), str(size["boundaries"]), *cells])
    speeds = [f"{report['systems'][name]['sentences_per_second']:,}" for name in names]
    rows.append(["sentences/s", "", *speeds])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    lines.insert(1, "-" * len(lines[0]))
    goals = report["goals"]
    lines += [
        "* used to write the rules; the other parts were not looked at",
        f"goals: space {goals['space']}, glued {goals['glued']}, cases {goals['cases']}, "
        f"{goals['sentences_per_second']:,} sentences/s",
        *report["notes"],
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.benchmarks.segmentation",
        description="Boundary F1 and speed of the segmenter beside five libraries.",
        epilog="example: python -m experiments.benchmarks.segmentation --json out.json",
    )
    parser.add_argument("--from", dest="folder", type=Path, metavar="DIR", help="UD text folder")
    parser.add_argument(
        "--json", dest="out", type=Path, metavar="OUT", help="write the report here"
    )
    options = parser.parse_args(arguments)
    folder = options.folder
    if folder is not None and not folder.is_dir():
        parser.error(f"--from: found no folder {folder}; expected the one that holds the UD text")
    if folder is None:
        folder = next(
            (place for place in FOLDERS if any(find_treebank(part, place) for part in PARTS)), None
        )
    report = run(folder)
    print(format_table(report))
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(
            json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
