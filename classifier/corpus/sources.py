"""Public text sources: what they are, how their text is brought, how each hash is verified.

A source's text never enters the repository. ``cadrage corpus fetch`` brings it into the working
folder (``.cadrage/corpora/NAME.jsonl``, one article a line) from the public repository at a fixed
commit, or from a local copy; every annotated document is then checked against its SHA-256.

A folder of the annotations' folder that is no public source is somebody's own: its text stands in
``NAME/articles.jsonl``, in the columns of :mod:`classifier.text.ingestion`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.corpus.annotations import DocumentMark, document_hash
from classifier.corpus.public_text import download, read_local
from classifier.errors import DataError, Fault, FaultsError, UsageError
from classifier.records import Article
from classifier.text.ingestion import read_articles

_RAW = "https://raw.githubusercontent.com"


@dataclass(frozen=True)
class Source:
    """One source of text.

    Attributes:
        repository, commit: the public GitHub repository and the commit that was annotated.
        licence: licence of the text as published.
        trains_default: whether the shipped model may learn from it.
        test_only: never in train or validation.
        committed: the text itself lies in the repository (written for the project, the seed).
    """

    name: str
    title: str
    licence: str
    repository: str = ""
    commit: str = ""
    trains_default: bool = False
    test_only: bool = False
    committed: bool = False

    @property
    def third_party(self) -> bool:
        """Whether others hold the rights in the text, so that it may not be published again."""
        return bool(self.repository) or self.name == "seed"


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            "written",
            "sentences written for the project",
            "CC BY-SA 4.0",
            trains_default=True,
            committed=True,
        ),
        Source(
            "seed", "the seed article", "reproduced for research", test_only=True, committed=True
        ),
        Source(
            "orangesum",
            "OrangeSum, French news 2011-2020",
            "CC BY-SA 4.0",
            "Tixierae/OrangeSum",
            "e6f8a6e3b71006ad62b450bedbb5e88e2236657b",
            trains_default=True,
        ),
        Source(
            "ppn",
            "PPN, pseudo-news of four sites, 2022-2023",
            "CC BY-NC 4.0",
            "hybrinfox/ppn",
            "79c3e6ba90c863e7fd26590265b752bb45426796",
            test_only=True,
        ),
        Source(
            "sequoia",
            "UD French Sequoia, regional press part",
            "LGPL-LR",
            "UniversalDependencies/UD_French-Sequoia",
            "f5b049600c89d2cf15ebbec860f75d703884d32b",
            trains_default=True,
        ),
    )
}


def list_sources(data: Path = Path("data")) -> list[str]:
    """Return the names of the project's sources, then of the folders that are somebody's own."""
    found = [*data.glob("*/articles.jsonl"), *data.glob("*/gold/*.jsonl")]
    own = {path.relative_to(data).parts[0] for path in found} - SOURCES.keys()
    return [*SOURCES, *sorted(name for name in own if not name.startswith("."))]


def find_source(name: str, data: Path = Path("data")) -> Source:
    """Return the source called ``name``: one of the project's, or a folder of ``data``.

    Raises:
        UsageError: neither; the message names the known ones.
    """
    if name in SOURCES:
        return SOURCES[name]
    if Path(name).name == name and name[:1] not in ("", ".") and (data / name).is_dir():
        return Source(name, f"articles of {data / name}", "not stated", committed=True)
    raise UsageError(
        f"corpus source {name!r}",
        "an unknown name",
        f"one of {', '.join(list_sources(data))}, or a folder {data / 'NAME'} with articles.jsonl",
    )


def working_folder() -> Path:
    """Return where cadrage keeps what it fetches and tracks: ``.cadrage`` or ``CADRAGE_HOME``."""
    return Path(os.environ.get("CADRAGE_HOME", ".cadrage"))


def text_path(name: str, data: Path = Path("data")) -> Path:
    """Return where a source's text stands once it is here."""
    if name == "seed":
        return data.parent / "seeds"
    if find_source(name, data).committed:
        return data / name / "articles.jsonl"
    return working_folder() / "corpora" / f"{name}.jsonl"


def load_text(name: str, data: Path = Path("data")) -> dict[str, Article]:
    """Return a source's articles by id.

    Raises:
        DataError: the text is not here; the message says how to bring it.
        FaultsError: every broken line and every repeated id of somebody's own articles.
    """
    path = text_path(name, data)
    if not path.exists():
        expected = f"the text of source {name!r}"
        raise DataError(str(path), "no file", expected, how_to_bring(name, data))
    if path.is_dir():
        return {article.id: article for article in read_articles([path], on_fault=_refuse)}
    if name not in SOURCES:
        return _read_own(path)
    articles = {}
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            article = _from_row(json.loads(line))
            articles[article.id] = article
    return articles


def how_to_bring(name: str, data: Path = Path("data")) -> str:
    """Return the advice for a source whose text, or a document of it, is missing."""
    if find_source(name, data).committed:
        return f"Write one JSON object a line into {text_path(name, data)}."
    return f"Bring it with: cadrage corpus fetch {name}"


def _read_own(path: Path) -> dict[str, Article]:
    faults: list[Fault] = []
    articles: dict[str, Article] = {}
    for article in read_articles([path], on_fault=faults.append):
        if article.id in articles:
            first = articles[article.id].origin
            faults.append(Fault(article.origin, f"id {article.id!r} again", f"once, as in {first}"))
        articles.setdefault(article.id, article)
    if faults:
        raise FaultsError(faults)
    return articles


def _refuse(fault: Fault) -> None:
    raise DataError(fault.where, fault.found, fault.expected, fault.fix)


def _from_row(row: Mapping[str, Any]) -> Article:
    sentences = row.get("sentences")
    return Article(
        id=row["id"],
        text="\n".join(sentences) if sentences is not None else row["text"],
        title=row.get("title", ""),
        heading=row.get("heading", ""),
        publisher=row.get("publisher", ""),
        url=row.get("url", ""),
        published=row.get("published", ""),
        sentences=tuple(sentences) if sentences is not None else None,
        metadata={key: row[key] for key in ("topic", "style", "group") if key in row},
    )


@dataclass(frozen=True)
class FetchReport:
    """What a fetch brought: the file, the number of articles, and what does not match."""

    path: Path
    articles: int
    verified: int
    faults: tuple[Fault, ...]


def fetch(
    name: str,
    documents: Iterable[DocumentMark],
    *,
    directory: Path | None = None,
    base_url: str = _RAW,
    progress: Callable[[int, int], None] | None = None,
) -> FetchReport:
    """Bring the text of a source and verify every annotated document.

    Args:
        name: a source that is not committed.
        documents: the annotated documents of this source; they say which texts are needed and
            what their hashes are.
        directory: a local copy: the repository's checkout, or a folder with ``NAME.jsonl.xz``.
            Without it, the annotated documents alone are downloaded.
        base_url: where raw files of a GitHub repository are served.
        progress: called with (done, total) during a download.

    Raises:
        UsageError: the source is committed or unknown.
        DataError: nothing of it was found, or the network cannot be reached.
    """
    source = find_source(name)
    if source.committed:
        raise UsageError(f"source {name!r} lies in data/ already: there is nothing to fetch")
    needed = {document.id: document for document in documents if document.source == name}
    if directory is not None:
        rows = dict(read_local(source, directory))
    else:
        folder = working_folder() / "corpora" / "sequoia-conllu"
        found = download(source, sorted(needed), folder, base_url=base_url, progress=progress)
        rows = dict(found)
    faults, verified = _verify(needed, rows)
    path = text_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as stream:
        for row in rows.values():
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    part.replace(path)
    return FetchReport(path, len(rows), verified, tuple(faults))


def _verify(
    needed: Mapping[str, DocumentMark], rows: Mapping[str, dict[str, Any]]
) -> tuple[list[Fault], int]:
    faults = []
    for key, document in needed.items():
        if key not in rows:
            faults.append(Fault(document.key, "no such document", "the text that was annotated"))
            continue
        found = document_hash(_from_row(rows[key]))
        if found != document.sha256:
            faults.append(
                Fault(
                    document.key,
                    f"text with SHA-256 {found[:16]}…",
                    f"{document.sha256[:16]}…",
                    "The source has changed or was converted: use the fixed commit.",
                )
            )
    return faults, len(needed) - len(faults)
