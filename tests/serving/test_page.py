"""The page in a real Chromium: paste, see, slide, contest, export, in both languages."""

from __future__ import annotations

import importlib.util
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier.cli import main
from classifier.corpus.annotations import join_text, read_annotations
from classifier.text.ingestion import read_articles
from tests.serving.browser import Browser, Page, find_chromium

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no chromium")

_FLAGS = """Object.fromEntries([...document.querySelectorAll('.unit')].map((unit) =>
    [unit.id.slice(5), [...unit.querySelectorAll('.tag')].filter((tag) => !tag.querySelector('s'))
        .map((tag) => tag.dataset.label)]))"""


# The sections that the server tells once a slider rests are those of the thresholds on show.
_SECTIONS = "document.querySelector('#result [data-ready=yes]')"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    assert program is not None
    one = Browser(program)
    yield one
    one.close()


@pytest.fixture
def page(browser, server, request) -> Iterator[Page]:
    one = browser.open(f"{server.address}/", **getattr(request, "param", {}))
    yield one
    complaints, asked = one.complaints(), one.requests()
    one.close()
    assert not complaints
    assert asked
    assert all(url.startswith((server.address, "data:", "blob:")) for url in asked), asked


def paste(page: Page, text: str) -> None:
    page.run("document.getElementById('text').focus()")
    page.type(text)
    page.click("#paste .go")
    page.wait("document.querySelector('#result .tile')")
    # The chain comes last and moves the text below it: a pointer sent before would miss.
    page.wait(_SECTIONS)


def flags_of(score: dict) -> dict[str, list[str]]:
    return {
        str(one["index"]): [name for name, label in one["labels"].items() if label["positive"]]
        for one in score["sentences"]
    }


def saved(folder: Path, pattern: str) -> Path:
    deadline = time.monotonic() + 10
    while not (found := sorted(folder.glob(pattern))) or found[0].suffix == ".crdownload":
        assert time.monotonic() < deadline, list(folder.iterdir())
        time.sleep(0.05)
    return found[0]


def axe(page: Page, where: str) -> None:
    """Hold the page against axe-core's rules; CADRAGE_AXE may name a newer axe.min.js."""
    named = os.environ.get("CADRAGE_AXE")
    package = importlib.util.find_spec("axe_core_python")
    assert package is not None
    assert package.origin is not None
    path = Path(named) if named else Path(package.origin).with_name("axe.min.js")
    script = path.read_text("utf-8")
    page.run(script + "\n;1")
    found = page.run(
        "axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations.map("
        "(one) => [one.id, one.nodes.map((node) => node.html.slice(0, 200))]))"
    )
    # The packaged version does not know ARIA 1.3's aria-description, which newer ones do.
    unknown = "aria-valid-attr"
    left = [
        one
        for one in found
        if one[0] != unknown or not all("aria-description=" in node for node in one[1])
    ]
    assert not left, where


def test_paste_see_slide_export(page, server, seed, tmp_path):
    page.downloads(tmp_path)
    paste(page, seed)
    own = server.score({"document": seed}).json
    assert page.run(_FLAGS) == flags_of(own)
    shown = page.run("[...document.querySelectorAll('.tile .count')].map((c) => c.textContent)")
    assert shown == [str(one["positive"]) for one in own["summary"]["labels"].values()]
    # What is underlined are the words of the cues, whatever JavaScript counts in.
    words = page.run(
        "[...document.querySelectorAll('#result .unit a.cue')].map(a => a.textContent)"
    )
    text = " ".join(one["text"] for one in own["sentences"])
    assert words
    assert all(word in text for word in words)

    page.hover("#result .text a.cue")
    page.wait("!document.getElementById('pop').hidden")
    note = page.run("document.getElementById('pop').innerText")
    assert "probabilité" in note
    assert "seuil" in note

    page.run("document.getElementById('threshold-attribution_hedging').focus()")
    page.key("End", 35)
    page.wait(
        "document.querySelector('.tile[data-label=attribution_hedging] .count').textContent === '0'"
    )
    thresholds = {**own["model"]["thresholds"], "attribution_hedging": 0.99}
    strict = server.score({"document": seed, "thresholds": thresholds}).json
    assert page.run(_FLAGS) == flags_of(strict)
    page.wait(_SECTIONS)

    page.click("#export-json")
    exported = json.loads(saved(tmp_path, "*.json").read_text("utf-8"))
    exported.pop("request_id")
    strict.pop("request_id")
    assert exported == strict
    page.click("#export-csv")
    assert saved(tmp_path, "*.csv").stat().st_size
    page.click("#export-html")
    assert "<article" in saved(tmp_path, "*.html").read_text("utf-8")
    page.run("document.querySelector('#fold .plain').click()")
    page.wait("document.querySelector('#fold .plain').hidden")
    assert page.run(_FLAGS) == flags_of(own)


def test_the_chain_the_headline_and_the_signals(page, server, seed):
    """What the API says of the whole article stands on the page, and leads to its sentences."""
    paste(page, seed)
    own = server.score({"document": seed}).json
    rows = page.run(
        "[...document.querySelectorAll('.signals tr')].map((row) => [row.dataset.signal,"
        " row.querySelector('td').querySelector('.in-fr').textContent])"
    )
    assert [name for name, _ in rows] == [one["name"] for one in own["signals"]]
    undefined = [one["name"] for one in own["signals"] if one["value"] is None]
    assert undefined == [name for name, value in rows if value == "–"]
    assert page.run("document.querySelectorAll('.headlines dt').length") == len(own["headline"])
    # Every sentence that a signal or the headline names is a link, not the text of an object.
    for place in (".signals", ".chain"):
        text = page.run(f"document.querySelector('{place}').textContent")
        assert not {word for word in ("[object", "undefined", "http") if word in text}, text
    for signal in own["signals"]:
        row = f".signals tr[data-signal={signal['name']}] a"
        links = page.run(f"[...document.querySelectorAll('{row}')].map((one) => one.hash)")
        named = dict.fromkeys(f"#unit-{one['sentence']}" for one in signal["evidence"])
        assert links == list(named)[: len(links)]
        assert bool(links) == bool(named)
    (title,) = [one for one in own["headline"] if one["field"] == "title"]
    carried = page.run(
        "[...document.querySelectorAll('.headlines dd.carried a')].map((one) => one.hash)"
    )
    assert carried[: len(title["matches"])] == [
        f"#unit-{one['sentence']}" for one in title["matches"]
    ]
    chain = own["chain"]
    assert chain["edges"], "the seed relays"
    listed = page.run("document.querySelectorAll('.chain details li').length")
    assert listed == len(chain["edges"])
    # The drawing: every hand a box that the keyboard reaches and that leads to its sentence.
    graph = ".chain .in-fr svg.chain-graph"
    shown = page.run(
        f"[...document.querySelectorAll('{graph} a, {graph} g')].map((one) => one.textContent)"
    )
    reached = {0} | {edge["source"] for edge in chain["edges"]}
    assert len(shown) == len(reached)
    way = "Meguetan Infos ← Tass ← Politico ← sources anonymes"
    assert way in chain["branches"]
    assert all(any(hand in one for one in shown) for hand in way.split(" ← "))
    links = page.run(f"[...document.querySelectorAll('{graph} a')].map((one) => one.href.baseVal)")
    assert set(links) <= {f"#unit-{edge['sentence']}" for edge in chain["edges"]}
    assert page.run(f"document.querySelectorAll('{graph} path.edge').length") == len(chain["edges"])
    page.run(f"document.querySelector('{graph} a').focus()")
    page.key("Tab", 9)
    assert page.run("document.activeElement.getAttribute('href')") == links[1]
    page.key("Enter", 13, "\r")
    page.wait(f"location.hash === '{links[1]}'")
    assert page.run(f"document.querySelector('{links[1]}') !== null")
    page.click("button[data-language=en]")
    assert page.run("document.querySelector('#chain-name').innerText").upper() == "CHAIN OF SOURCES"
    # A slider that rests changes them too.
    row = ".signals tr[data-signal=hedged_share]"
    shown = f"document.querySelector('{row} td .in-en').textContent"
    assert page.run(f"parseFloat({shown})") > 0
    page.run("document.getElementById('threshold-attribution_hedging').focus()")
    page.key("End", 35)
    page.wait(f"{shown} === '0%'")


def test_contests_are_what_the_corpus_imports(page, server, tmp_path, monkeypatch, capsys):
    page.downloads(tmp_path)
    text = (
        "Titre du jour\nLe Courrier\nLe 🚢 part, selon Reuters, lundi prochain.\n"
        "Le chef a promis de fermer le port.\nIl pleut sur la gare."
    )
    paste(page, text)
    score = server.score({"document": text}).json
    flagged = flags_of(score)
    (unit,) = [one for one in score["sentences"] if "Reuters" in one["text"]]
    (threat,) = [one for one in score["sentences"] if "promis" in one["text"]]
    plain = [one for one in score["sentences"] if one["kind"] != "credit"]

    # Everything the model says is contested, then two flags are added by hand.
    for one in plain:
        page.click(f"#unit-{one['index']} .examine")
        page.wait("document.querySelector('dialog[open]')")
        for label in flagged[str(one["index"])]:
            page.click(f"[data-deny={label}]")
            page.wait(f"document.querySelector('[data-undo={label}]')")
        page.key("Escape", 27)
        page.wait("!document.querySelector('dialog')")
    wanted = {
        unit["index"]: ("relay_sourcing", "outlet", "selon Reuters"),
        threat["index"]: ("threat_rhetoric", "explicit", "promis de fermer"),
    }
    for index, (label, device, words) in wanted.items():
        page.click(f"#unit-{index} .examine")
        page.wait("document.querySelector('dialog[open]')")
        page.run(
            f"(() => {{ const device = document.getElementById('device');"
            f"device.value = '{label}.{device}'; device.dispatchEvent(new Event('change'));"
            f"const words = document.getElementById('words');"
            f"const at = words.value.indexOf({json.dumps(words)});"
            f"words.setSelectionRange(at, at + {len(words)}); }})()"
        )
        page.click("#add")
        page.wait(f"document.querySelector('[data-undo={label}]')")
        page.run(
            "document.getElementById('note').value = 'relu';"
            "document.getElementById('note').dispatchEvent(new Event('change'))"
        )
        page.click("#close")
        page.wait("!document.querySelector('dialog')")
    assert page.run("document.activeElement.className") == "examine"
    page.click("#export-contests")
    export = saved(tmp_path, "contests-*.json")
    page.click("#export-text")
    line = saved(tmp_path, "articles.jsonl")

    folder = tmp_path / "data" / "contests"
    folder.mkdir(parents=True)
    line.rename(folder / "articles.jsonl")
    out = folder / "gold" / "b01.jsonl"
    where = ["--data", str(tmp_path / "data"), "--out", str(out)]
    assert main(["corpus", "import", str(export), "--source", "contests", *where]) == 0
    assert "1 documents" in capsys.readouterr().out
    (document,) = read_annotations([out])
    (article,) = read_articles([folder / "articles.jsonl"], on_fault=pytest.fail)
    joined = join_text(document, article)
    assert document.selection == "contested"
    found = {
        (mark.index, name, cue[2], sentence.text[cue[0] : cue[1]])
        for mark, sentence in zip(document.sentences, joined.sentences, strict=True)
        for name, label in mark.labels.items()
        for cue in label.cues
    }
    assert found == {(index, *said) for index, said in wanted.items()}
    assert "relu" in next(one.note for one in document.sentences if one.index == unit["index"])


def test_a_file_of_articles(page, tmp_path, server):
    page.downloads(tmp_path)
    table = tmp_path / "archive.csv"
    rows = [f'{n},"Titre {n}","Selon Reuters, le ""port"" {n}\nferme."' for n in range(40)]
    table.write_text("id,title,text\n" + "\n".join(rows) + '\n40,vide,""\n', "utf-8")
    page.click("#tab-many")
    page.send("DOM.enable")
    root = page.send("DOM.getDocument")["root"]["nodeId"]
    node = page.send("DOM.querySelector", nodeId=root, selector="#batch-file")["nodeId"]
    page.send("DOM.setFileInputFiles", nodeId=node, files=[str(table)])
    page.wait("!document.querySelector('#batch-form .go').disabled")
    assert "41" in page.run("document.getElementById('batch-status').innerText")
    page.click("#batch-form .go")
    page.wait("document.querySelector('#batch-save')")
    assert page.run("document.querySelector('progress').value") == 41
    assert "40 analysé(s), 1 refusé(s)" in page.run(
        "document.getElementById('batch-status').innerText"
    )
    page.click("#batch-save")
    lines = saved(tmp_path, "cadrage-scores.jsonl").read_text("utf-8").splitlines()
    first = server.score(
        {"id": "0", "title": "Titre 0", "text": 'Selon Reuters, le "port" 0\nferme.'}
    ).json
    first.pop("request_id")
    assert len(lines) == 40
    assert json.loads(lines[0]) == first
    axe(page, "batch")


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"dark": True},
        {"width": 360, "height": 740},
        {"width": 360, "height": 740, "dark": True},
    ],
    indirect=True,
    ids=["light", "dark", "phone", "phone-dark"],
)
def test_everybody_can_use_it(page, seed):
    axe(page, "empty")
    paste(page, seed)
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    axe(page, "article")
    page.run("document.querySelector('#fold').open = true")
    page.run("document.querySelector('details.evidence').open = true")
    axe(page, "article, unfolded")
    page.click("#unit-0 .examine")
    page.wait("document.querySelector('dialog[open]')")
    axe(page, "sentence")


def test_by_keyboard_and_in_english(page):
    page.run("document.querySelector('[data-language=en]').click()")
    assert page.run("document.documentElement.lang") == "en"
    page.run("document.getElementById('text').focus()")
    page.type("Title\n\nSelon Reuters, le port aurait fermé.")
    page.key("Tab", 9)
    page.key("Enter", 13, "\r")
    page.wait("document.querySelector('#result .tile')")
    assert "flag" in page.run("document.getElementById('status').innerText")
    assert page.run("document.activeElement.id") == "article-title"
    for _ in range(12):
        page.key("Tab", 9)
        if page.run("document.activeElement.matches('a.cue')"):
            break
    assert page.run("document.activeElement.matches('a.cue')")
    assert not page.run("document.getElementById('pop').hidden")
    assert "probability" in page.run("document.activeElement.getAttribute('aria-description')")
    page.key("Enter", 13, "\r")
    page.wait("document.querySelector('dialog[open]')")
    page.key("Escape", 27)
    page.wait("!document.querySelector('dialog')")
    assert "Analyser" not in page.run("document.body.innerText")


def test_what_goes_wrong_is_said(page):
    page.click("#paste .go")
    assert "Collez" in page.run("document.getElementById('status').innerText")
    page.run("document.getElementById('text').value = 'mot '.repeat(5000)")
    page.click("#paste .go")
    page.wait("document.querySelector('#problem .warning')")
    assert "trop longue" in page.run("document.getElementById('problem').innerText")
    page.run(
        "document.getElementById('text').value = '<script>document.title=1</script> selon lui.'"
    )
    page.click("#paste .go")
    page.wait("document.querySelector('#result .tile')")
    assert page.run("document.title") == "Cadrage"
    # The browser itself logs the answer 422 as an error: that one is wanted.
    page.browser.events = [
        event
        for event in page.browser.events
        if "422" not in str(event.get("params", {}).get("entry", {}).get("text", ""))
    ]
