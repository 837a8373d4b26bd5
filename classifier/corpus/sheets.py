"""Reading sheets: how an annotator meets a text and writes down what was read.

A sheet shows documents whole, one numbered unit a line. An annotator answers in a plain file:

    ## orangesum/1234 politique
    3 | H.unnamed_source | des sources proches du dossier
    3 | R.cited_source | citant deux responsables | d2
    7 | T.veiled | ils savent ce qui les attend | note: ironic, but addressed to the rival

A document that was read and holds nothing has its ``##`` line alone; one without a ``##`` line was
not read, and is refused. Codes are the schema's label letter and device. ``d2`` is the relay's
depth, ``#2`` the second occurrence of those words in the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from classifier.corpus.annotations import AnnotatedArticle, DocumentMark, LabelMark, mark_document
from classifier.errors import DataError, Fault, FaultsError
from classifier.records import Article, Sentence
from classifier.schema import load_schema

Drawn = tuple[Article, Sequence[Sentence], dict[str, str]]
"""An article, the units to read, and the document's attributes (source, selection, date…)."""

_ATTRIBUTES = ("source", "selection", "batch", "date", "topic", "style", "group")
_ANSWER = re.compile(r"^(\d+)\s*\|\s*([A-Z])\.(\w+)\s*\|\s*(.*)$")


NO_HEADER = "first the '##' line of a document"


def drawn_from(annotated: Iterable[AnnotatedArticle]) -> list[Drawn]:
    """Return documents as a sheet takes them, with the attributes that their plan gave them."""
    return [
        (
            one.article,
            one.sentences,
            {
                name: getattr(one.document, name)
                for name in _ATTRIBUTES
                if getattr(one.document, name)
            },
        )
        for one in annotated
    ]


def write_sheet(documents: Iterable[Drawn]) -> str:
    """Return a sheet to read: every document with its numbered units."""
    lines: list[str] = []
    for article, sentences, attributes in documents:
        facts = [attributes["source"] + "/" + article.id, attributes.get("date", "")]
        if article.publisher:
            facts.append(f"publisher: {article.publisher}")
        lines.append("")
        lines.append("## " + " | ".join(fact for fact in facts if fact))
        last = -1
        for sentence in sentences:
            if last >= 0 and sentence.index > last + 1:
                lines.append("     […]")
            last = sentence.index
            mark = {"title": "T", "heading": "H", "text": " "}[sentence.field]
            if sentence.kind == "credit":
                mark = "C"
            lines.append(f"{sentence.index:3d} {mark} {' '.join(sentence.text.split())}")
    return "\n".join(lines).lstrip("\n") + "\n"


def read_answers(paths: Iterable[Path], documents: Sequence[Drawn]) -> list[DocumentMark]:
    """Turn an annotator's answers into stand-off annotations.

    Raises:
        FaultsError: all faults at once: a document not answered or unknown, words that do not
            stand in the sentence, unknown codes, a relay without depth.
    """
    known = {
        f"{attributes['source']}/{article.id}": (article, sentences, attributes)
        for article, sentences, attributes in documents
    }
    faults: list[Fault] = []
    labels: dict[str, dict[int, dict[str, LabelMark]]] = {}
    notes: dict[str, dict[int, str]] = {}
    topics: dict[str, str] = {}
    for where, key, line, rest in document_lines(paths, known, "a document of this sheet", faults):
        if rest is not None:
            topics[key] = rest[0] if rest else topics.get(key, "")
            labels.setdefault(key, {})
            notes.setdefault(key, {})
            continue
        try:
            read_line(line, known[key][1], labels[key], notes[key])
        except ValueError as error:
            faults.append(Fault(where, f"{line!r}", str(error)))
    for key in known:
        if key not in labels:
            faults.append(Fault(key, "no answer", "a '##' line for each document"))
    marks = []
    for key, (article, sentences, attributes) in known.items():
        if key not in labels:
            continue
        for index, of_unit in labels[key].items():
            relay = of_unit.get("relay_sourcing")
            if relay is not None and relay.depth is None:
                faults.append(
                    Fault(
                        f"{key} unit {index}",
                        "a relay without depth",
                        "d1, d2 or d3 on one of its lines",
                    )
                )
        merged = dict(attributes)
        if topics[key]:
            merged["topic"] = topics[key]
        source = merged.pop("source")
        marks.append(
            mark_document(
                article, sentences, labels[key], source=source, notes=notes[key], **merged
            )
        )
    if faults:
        raise FaultsError(faults)
    return marks


def answer_lines(path: Path) -> list[tuple[str, str]]:
    """Return the lines of an answer file that are not blank, each with ``file:line``.

    Raises:
        DataError: the file cannot be read, or is not UTF-8.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise DataError(str(path), error.strerror or "unreadable", "a file of answers") from None
    except UnicodeDecodeError as error:
        raise DataError(str(path), f"byte {error.start} is not UTF-8", "text in UTF-8") from None
    return [(f"{path}:{number}", line) for number, line in enumerate(lines, 1) if line.strip()]


def document_lines(
    paths: Iterable[Path], known: Collection[str], expected: str, faults: list[Fault]
) -> Iterator[tuple[str, str, str, list[str] | None]]:
    """Yield ``file:line``, document, line and, for a ``##`` line, the words after the key.

    The words are None for every other line. Unknown documents and lines before the first ``##``
    go to ``faults``; the lines of an unknown document are passed over.

    Args:
        known: keys of the documents.
        expected: what a ``##`` line should name, for the message.
    """
    for path in paths:
        current: str | None = ""
        for where, line in answer_lines(path):
            if line.startswith("##"):
                current, rest = find_key(line, known)
                if current is None:
                    faults.append(Fault(where, f"document {line[2:].strip()!r}", expected))
                else:
                    yield where, current, line.strip(), rest
            elif current:
                yield where, current, line.strip(), None
            elif current == "":
                faults.append(Fault(where, f"{line.strip()!r}", NO_HEADER))


def find_key(line: str, known: Collection[str]) -> tuple[str | None, list[str]]:
    """Return the document that a ``##`` line names, None if unknown, and the words after it.

    A document's id may hold spaces: the longest known key counts.
    """
    text = line[2:].strip()
    for key in sorted(known, key=len, reverse=True):
        after = text.removeprefix(key)
        if after != text and after[:1] in ("", " ", "|"):
            return key, after.replace("|", " ").split()
    return None, []


def read_line(
    line: str,
    sentences: Sequence[Sentence],
    labels: dict[int, dict[str, LabelMark]],
    notes: dict[int, str],
) -> None:
    """Add one line of an answer to a document's labels and notes.

    Raises:
        ValueError: what was expected instead.
    """
    match = _ANSWER.match(line.strip())
    if not match:
        raise ValueError("index | CODE.device | words [| d2] [| #2] [| note: …]")
    index, code, device, rest = int(match[1]), match[2], match[3], match[4]
    by_index = {sentence.index: sentence for sentence in sentences}
    if index not in by_index:
        raise ValueError("the number of a unit of this document")
    by_code = {label.code: label for label in load_schema().labels}
    if code not in by_code or device not in by_code[code].device_names:
        raise ValueError("a code such as H.frame or T.red_line (see the schema)")
    sentence = by_index[index]
    if sentence.kind == "credit":
        raise ValueError("no label on a credit line")
    words, *options = [part.strip() for part in rest.split(" | ")]
    depth, occurrence = None, 1
    for option in options:
        if re.fullmatch(r"d\d", option):
            depth = int(option[1:])
        elif re.fullmatch(r"#[1-9]", option):
            occurrence = int(option[1:])
        elif option.startswith("note:"):
            notes[index] = "; ".join(filter(None, [notes.get(index, ""), option[5:].strip()]))
        elif option:
            raise ValueError("options d2, #2 or note: …")
    start, end = find_words(sentence.text, words, occurrence)
    name = by_code[code].name
    old = labels.setdefault(index, {}).get(name, LabelMark(()))
    if name != "relay_sourcing":
        depth = None
    deeper = max(filter(None, (old.depth, depth)), default=None)
    cues = tuple(sorted({*old.cues, (start, end, device)}))
    labels[index][name] = LabelMark(cues, deeper)


def find_words(text: str, words: str, occurrence: int) -> tuple[int, int]:
    """Locate words in a sentence, white space and apostrophe shape aside.

    Whole words go before parts of words: ``on`` is not the end of ``selon``.
    """
    if not words:
        raise ValueError("the cue's words after the code")
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    pattern = re.sub(r"['’]", "['’]", pattern)
    for whole in (rf"(?<!\w){pattern}(?!\w)", pattern):
        for flags in (re.NOFLAG, re.IGNORECASE):
            found = list(re.finditer(whole, text, flags))
            if len(found) >= occurrence:
                return found[occurrence - 1].span()
    raise ValueError(f"words that stand in the sentence: {text[:160]!r}")
