"""The layouts of the public repositories: their files → our columns.

From a local copy or from a server of raw files, a document is its id and a row of ``id``,
``title``, ``heading``, ``publisher``, ``url``, ``published``, and ``text`` or ``sentences``.
"""

from __future__ import annotations

import json
import lzma
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.errors import DataError

if TYPE_CHECKING:
    from classifier.corpus.sources import Source

Row = tuple[str, dict[str, Any]]


def read_local(source: Source, directory: Path) -> Iterator[Row]:
    """Yield all documents of a local copy: the checkout, or a folder with ``NAME.jsonl.xz``.

    Raises:
        DataError: neither of them is there.
    """
    if source.name == "sequoia":
        yield from _read_sequoia(directory)
        return
    stem = {"orangesum": "orangesum", "ppn": "ppn_fr"}[source.name]
    packed = directory / f"{stem}.jsonl.xz"
    if packed.exists():
        with lzma.open(packed, "rt", encoding="utf-8") as stream:
            for line in stream:
                raw = json.loads(line)
                yield raw["id"], _row(raw)
        return
    layout = {"orangesum": "data/docs/parsed", "ppn": "ppn_data"}[source.name]
    folder = directory / layout
    if not folder.is_dir():
        raise DataError(
            str(directory),
            "neither of them",
            f"{stem}.jsonl.xz or the folder {layout}",
            f"Give the checkout of github.com/{source.repository} at {source.commit[:12]}.",
        )
    for path in sorted(folder.rglob("*.json")):
        key = path.stem if source.name == "orangesum" else path.relative_to(folder).as_posix()
        row = _from_repository(source.name, key, _parse(path.read_bytes(), str(path)))
        if row is not None:
            yield key, row


def _row(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": raw["id"],
        "title": raw.get("title") or "",
        "heading": raw.get("heading") or "",
        "publisher": raw.get("source", ""),
        "url": raw.get("url") or "",
        "published": raw.get("date") or "",
        "text": raw["text"],
    }


def _from_repository(name: str, key: str, raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """Map a file of the public repository to our columns; None when it holds no text."""
    text = raw.get("article") if name == "orangesum" else raw.get("maintext")
    if not text:
        return None
    site = raw.get("source_domain") or raw.get("source") or ""
    return _row(
        {
            "id": key,
            "title": raw.get("title"),
            "heading": raw.get("heading"),
            "source": site if name == "ppn" else "",
            "url": raw.get("url"),
            "date": raw.get("date") or raw.get("date_publish"),
            "text": text,
        }
    )


def download(
    source: Source,
    keys: list[str],
    folder: Path,
    *,
    base_url: str,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Row]:
    """Yield the documents of these keys from a server of raw files; absent ones are left out.

    Args:
        folder: where the treebank's files are kept.
        progress: called with (done, total).

    Raises:
        DataError: the server cannot be reached, or what it gives is not the repository's form.
    """
    root = f"{base_url}/{source.repository}/{source.commit}"
    if source.name == "sequoia":
        folder.mkdir(parents=True, exist_ok=True)
        for part in _SEQUOIA_PARTS:
            file = f"fr_sequoia-ud-{part}.conllu"
            content = _get(f"{root}/{file}")
            if content is None:
                raise DataError(f"{root}/{file}", "no such file", "a file of the treebank")
            (folder / file).write_bytes(content)
        yield from _read_sequoia(folder)
        return
    pattern = {"orangesum": "data/docs/parsed/{}.json", "ppn": "ppn_data/{}"}[source.name]
    for done, key in enumerate(keys, start=1):
        url = f"{root}/{urllib.parse.quote(pattern.format(key))}"
        content = _get(url)
        row = _from_repository(source.name, key, _parse(content, url)) if content else None
        if row is not None:
            yield key, row
        if progress is not None:
            progress(done, len(keys))


def _parse(content: bytes, where: str) -> dict[str, Any]:
    try:
        raw = json.loads(content)
    except ValueError as error:
        raise DataError(where, f"broken JSON ({error})", "one JSON object") from None
    if not isinstance(raw, dict):
        raise DataError(where, f"JSON of type {type(raw).__name__}", "one JSON object")
    return raw


def _get(url: str) -> bytes | None:
    """Return what stands at an address; None when the server says that nothing does."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:
            return None
        raise DataError(url, f"HTTP status {error.code}", "the file") from None
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        raise DataError(
            url,
            f"no answer ({error})",
            "the file",
            "Without a network, give a local copy with --from DIR.",
        ) from None


_SEQUOIA_PARTS = ("train", "dev", "test")
_SEQUOIA_RUN = 12
_SENT_ID = re.compile(r"# sent_id = annodis\.er_(\d+)\s*$")


def _read_sequoia(directory: Path) -> Iterator[Row]:
    """Rebuild runs of the regional press sentences (annodis.er) in the order of their numbers.

    The treebank spreads consecutive sentences over its three files; their numbers bring them back
    into reading order. Twelve numbers make one document.
    """
    found: dict[int, str] = {}
    for part in _SEQUOIA_PARTS:
        number = None
        for line in _sequoia_lines(directory, part):
            match = _SENT_ID.match(line)
            if match:
                number = int(match[1])
            elif line.startswith("# text = ") and number is not None:
                found[number] = line[len("# text = ") :].rstrip("\n")
            elif not line.strip():
                number = None
    runs: dict[int, list[str]] = {}
    for number in sorted(found):
        runs.setdefault(number // _SEQUOIA_RUN, []).append(found[number])
    for run, sentences in runs.items():
        key = f"annodis.er_{run * _SEQUOIA_RUN:05d}"
        yield key, {"id": key, "sentences": sentences}


def _sequoia_lines(directory: Path, part: str) -> Iterator[str]:
    plain = directory / f"fr_sequoia-ud-{part}.conllu"
    packed = directory / f"ud_sequoia-{part}.conllu.xz"
    if plain.exists():
        with plain.open(encoding="utf-8") as stream:
            yield from stream
    elif packed.exists():
        with lzma.open(packed, "rt", encoding="utf-8") as stream:
            yield from stream
    else:
        raise DataError(str(directory), f"no {plain.name}", "the treebank's three files")
