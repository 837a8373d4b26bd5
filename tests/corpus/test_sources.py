"""Text brought from a copy or a server, hashes compared, and one's own articles."""

from __future__ import annotations

import json
import lzma
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from classifier.corpus.annotations import DocumentMark, document_hash
from classifier.corpus.sources import (
    SOURCES,
    fetch,
    find_source,
    how_to_bring,
    list_sources,
    load_text,
    text_path,
)
from classifier.errors import DataError, FaultsError, UsageError
from classifier.records import Article

from .samples import PORT, annotate, article, row, write_rows, write_source

LAKE = Article("17", "Le lac est gelé. On patine.", "Gel", "Un froid rare.", published="2020-01-02")
RIVER = Article("18", "La rivière déborde.", "Crue", "", published="2020-01-03")
PSEUDO = Article(
    "2023/09/site.example/fr_1.html.json",
    "Texte du site.",
    "Titre",
    publisher="site.example",
    url="https://site.example/1",
    published="2023-09-11 08:42:00",
)
CONLLU = """\
# sent_id = annodis.er_{0:05d}
# text = {1}
1\t{1}\t_\t_\t_\t_\t_\t_\t_\t_

# sent_id = emea-fr-dev_00001
# text = Notice du médicament.
1\tNotice\t_\t_\t_\t_\t_\t_\t_\t_

"""


def document(text: Article, source: str) -> DocumentMark:
    return DocumentMark(source, text.id, document_hash(text), ())


def orangesum_file(text: Article) -> dict[str, Any]:
    return {
        "article": text.text,
        "date": text.published,
        "heading": text.heading,
        "title": text.title,
    }


def ppn_file(text: Article) -> dict[str, Any]:
    return {
        "maintext": text.text,
        "title": text.title,
        "description": "not a heading",
        "source_domain": text.publisher,
        "url": text.url,
        "date_publish": text.published,
        "language": "fr",
    }


def pack(path: Path, *rows: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with lzma.open(path, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(one) + "\n" for one in rows)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("CADRAGE_HOME", str(folder))
    return folder


# --- a local copy --------------------------------------------------------------------------


def test_a_checkout_and_a_packed_copy_give_the_same_text(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    parsed = checkout / "data" / "docs" / "parsed"
    parsed.mkdir(parents=True)
    for one in (LAKE, RIVER):
        (parsed / f"{one.id}.json").write_text(json.dumps(orangesum_file(one)), "utf-8")
    (parsed / "19.json").write_text(json.dumps({"article": None, "title": "vide"}), "utf-8")
    needed = [document(LAKE, "orangesum"), document(RIVER, "orangesum"), document(PORT, "other")]

    report = fetch("orangesum", needed, directory=checkout)
    assert (report.articles, report.verified, report.faults) == (2, 2, ())
    from_checkout = load_text("orangesum")

    packed = tmp_path / "packed"
    raw = [orangesum_file(one) | {"id": one.id, "text": one.text} for one in (LAKE, RIVER)]
    pack(packed / "orangesum.jsonl.xz", *raw)
    assert fetch("orangesum", needed, directory=packed).verified == 2
    assert load_text("orangesum") == from_checkout
    assert from_checkout["17"].heading == "Un froid rare."


def test_what_does_not_match_is_said_precisely(tmp_path: Path) -> None:
    changed = orangesum_file(LAKE) | {"id": "17", "text": "Le lac est gelé.  On patine."}
    pack(tmp_path / "orangesum.jsonl.xz", changed)
    needed = [document(LAKE, "orangesum"), document(RIVER, "orangesum")]
    report = fetch("orangesum", needed, directory=tmp_path)
    first, second = sorted(report.faults, key=lambda fault: fault.where)
    assert report.verified == 0
    assert first.where == "orangesum/17"
    found = document_hash(load_text("orangesum")["17"])
    assert first.found == f"text with SHA-256 {found[:16]}…"
    assert first.expected == f"{document_hash(LAKE)[:16]}…"
    assert (second.where, second.found) == ("orangesum/18", "no such document")


def test_pseudo_news_keep_site_and_path(tmp_path: Path) -> None:
    file = tmp_path / "ppn_data" / PSEUDO.id
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(ppn_file(PSEUDO)), "utf-8")
    assert fetch("ppn", [document(PSEUDO, "ppn")], directory=tmp_path).faults == ()
    (text,) = load_text("ppn").values()
    assert (text.publisher, text.heading, text.url) == ("site.example", "", PSEUDO.url)


def test_the_treebank_comes_back_into_reading_order(tmp_path: Path) -> None:
    parts = {"train": (13, "Deuxième."), "dev": (12, "Première."), "test": (25, "Plus loin.")}
    for part, (number, text) in parts.items():
        name = f"fr_sequoia-ud-{part}.conllu"
        (tmp_path / name).write_text(CONLLU.format(number, text), "utf-8")
    report = fetch("sequoia", [], directory=tmp_path)
    assert report.articles == 2
    texts = load_text("sequoia")
    assert texts["annodis.er_00012"].sentences == ("Première.", "Deuxième.")
    assert texts["annodis.er_00024"].text == "Plus loin."
    (tmp_path / "fr_sequoia-ud-dev.conllu").unlink()
    with pytest.raises(DataError, match="found no fr_sequoia-ud-dev"):
        fetch("sequoia", [], directory=tmp_path)


def test_an_empty_folder_is_no_copy(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"orangesum\.jsonl\.xz or the folder data/docs/parsed"
    ) as error:
        fetch("orangesum", [], directory=tmp_path)
    assert SOURCES["orangesum"].commit[:12] in str(error.value)
    assert not text_path("orangesum").exists()


def test_broken_json_of_a_copy_names_its_file(tmp_path: Path) -> None:
    parsed = tmp_path / "data" / "docs" / "parsed"
    parsed.mkdir(parents=True)
    (parsed / "17.json").write_text("{", "utf-8")
    with pytest.raises(DataError, match=r"17\.json: found broken JSON"):
        fetch("orangesum", [], directory=tmp_path)


# --- a server that serves raw files as GitHub does -------------------------------------------


class RawFiles(BaseHTTPRequestHandler):
    """Serves ``server.files`` by path; counts what is asked."""

    def do_GET(self) -> None:
        files: dict[str, bytes] = self.server.files  # type: ignore[attr-defined]
        asked: list[str] = self.server.asked  # type: ignore[attr-defined]
        path = unquote(self.path)
        asked.append(path)
        body = files.get(path)
        status = 200 if body is not None else 404
        if body == b"fail":
            status = 503
        self.send_response(status)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), RawFiles) as raw:
        raw.files = {}  # type: ignore[attr-defined]
        raw.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=raw.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield raw
        raw.shutdown()
        thread.join(timeout=10)
        assert not thread.is_alive()


def address(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def place(server: Any, source: str, path: str, content: object) -> None:
    root = f"/{SOURCES[source].repository}/{SOURCES[source].commit}"
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    server.files[f"{root}/{path}"] = body


def test_only_annotated_documents_are_downloaded(server: Any) -> None:
    place(server, "orangesum", "data/docs/parsed/17.json", orangesum_file(LAKE))
    place(server, "orangesum", "data/docs/parsed/18.json", orangesum_file(RIVER))
    steps: list[tuple[int, int]] = []
    report = fetch(
        "orangesum",
        [document(LAKE, "orangesum")],
        base_url=address(server),
        progress=lambda done, total: steps.append((done, total)),
    )
    assert (report.articles, report.verified, report.faults) == (1, 1, ())
    assert len(server.asked) == 1
    assert steps == [(1, 1)]
    assert load_text("orangesum")["17"].text == LAKE.text


def test_a_document_that_the_server_lacks_is_a_fault_and_the_rest_comes(server: Any) -> None:
    place(server, "orangesum", "data/docs/parsed/18.json", orangesum_file(RIVER))
    needed = [document(LAKE, "orangesum"), document(RIVER, "orangesum")]
    report = fetch("orangesum", needed, base_url=address(server))
    assert (report.articles, report.verified) == (1, 1)
    assert [(fault.where, fault.found) for fault in report.faults] == [
        ("orangesum/17", "no such document")
    ]


def test_paths_with_odd_characters_are_asked_for_as_they_are(server: Any) -> None:
    odd = Article("2023/a b/é%#?.json", "Texte.", publisher="site.example")
    place(server, "ppn", f"ppn_data/{odd.id}", ppn_file(odd))
    assert fetch("ppn", [document(odd, "ppn")], base_url=address(server)).faults == ()


def test_the_treebank_is_downloaded_whole(server: Any, home: Path) -> None:
    for number, part in enumerate(("train", "dev", "test")):
        text = CONLLU.format(number, f"Phrase {number}.")
        place(server, "sequoia", f"fr_sequoia-ud-{part}.conllu", text.encode())
    assert fetch("sequoia", [], base_url=address(server)).articles == 1
    assert load_text("sequoia")["annodis.er_00000"].sentences == (
        "Phrase 0.",
        "Phrase 1.",
        "Phrase 2.",
    )
    server.files.clear()
    with pytest.raises(DataError, match=r"fr_sequoia-ud-train\.conllu: found no such file"):
        fetch("sequoia", [], base_url=address(server))


def test_a_server_that_fails_ends_the_download(server: Any) -> None:
    needed = [document(LAKE, "orangesum")]
    place(server, "orangesum", "data/docs/parsed/17.json", b"fail")
    with pytest.raises(DataError, match=r"17\.json: found HTTP status 503"):
        fetch("orangesum", needed, base_url=address(server))
    place(server, "orangesum", "data/docs/parsed/17.json", b"<html>")
    with pytest.raises(DataError, match=r"17\.json: found broken JSON"):
        fetch("orangesum", needed, base_url=address(server))
    place(server, "orangesum", "data/docs/parsed/17.json", b"[]")
    with pytest.raises(DataError, match="found JSON of type list"):
        fetch("orangesum", needed, base_url=address(server))
    # What was here before stays: nothing was written.
    assert not text_path("orangesum").exists()


def test_without_a_server_the_message_offers_a_copy() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), RawFiles) as closed:
        nowhere = address(closed)
    with pytest.raises(DataError, match="--from DIR"):
        fetch("orangesum", [document(LAKE, "orangesum")], base_url=nowhere)


# --- names and places ------------------------------------------------------------------------


def test_text_that_is_not_here_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cadrage corpus fetch orangesum"):
        load_text("orangesum", tmp_path)
    with pytest.raises(UsageError, match="nothing to fetch"):
        fetch("written", [])


def test_sources_of_others_are_never_committed() -> None:
    assert {name for name, one in SOURCES.items() if one.third_party} == {
        "orangesum",
        "ppn",
        "seed",
        "sequoia",
    }
    assert SOURCES["ppn"].test_only
    assert not SOURCES["ppn"].trains_default
    assert not SOURCES["written"].third_party


def test_a_folder_with_articles_is_a_source(tmp_path: Path) -> None:
    data = tmp_path / "mydata"
    write_source(data, [annotate(PORT)])
    (data / "empty").mkdir()
    (data / "splits.json").touch()
    assert list_sources(data) == [*SOURCES, "gazette"]
    source = find_source("gazette", data)
    assert (source.committed, source.test_only, source.trains_default) == (True, False, False)
    assert text_path("gazette", data) == data / "gazette" / "articles.jsonl"
    (text,) = load_text("gazette", data).values()
    assert document_hash(text) == document_hash(PORT)
    assert text.publisher == PORT.publisher


def test_own_articles_come_as_sentences_too(tmp_path: Path) -> None:
    text = article("a1", "Il pleut.", "Il neige.")
    write_rows(tmp_path / "gazette" / "articles.jsonl", [row(text)])
    assert document_hash(load_text("gazette", tmp_path)["a1"]) == document_hash(text)


@pytest.mark.parametrize("name", ["nowhere", "", "..", ".", ".hidden", "a/b", "file"])
def test_other_names_are_refused(tmp_path: Path, name: str) -> None:
    data = tmp_path / "mydata"
    (data / "a" / "b").mkdir(parents=True)
    (data / "file").touch()
    (data / ".hidden").mkdir()
    with pytest.raises(UsageError, match="one of written, seed, orangesum"):
        find_source(name, data)


def test_a_folder_without_articles_says_where_they_belong(tmp_path: Path) -> None:
    (tmp_path / "gazette" / "gold").mkdir(parents=True)
    (tmp_path / "gazette" / "gold" / "b01.jsonl").touch()
    assert list_sources(tmp_path)[-1] == "gazette"
    with pytest.raises(DataError, match=r"gazette/articles\.jsonl: found no file") as caught:
        load_text("gazette", tmp_path)
    assert "fetch" not in str(caught.value)
    assert how_to_bring("ppn", tmp_path) == "Bring it with: cadrage corpus fetch ppn"


def test_all_faults_of_own_articles_at_once(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "gazette" / "articles.jsonl",
        [row(PORT), {"id": "x", "text": ""}, row(PORT), {"id": "y", "text": 3}],
    )
    with pytest.raises(FaultsError) as caught:
        load_text("gazette", tmp_path)
    places = [fault.where.removeprefix(str(path)) for fault in caught.value.faults]
    assert sorted(places) == [":2", ":3", ":4"]
    assert "id 'port' again; expected once, as in" in str(caught.value)
