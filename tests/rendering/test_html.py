"""The page: whole, escaped, self-contained, usable without eyes or mouse. Parsed, not browsed."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import lxml.html
import pytest
from hypothesis import given

from classifier.records import Article, ArticleScore, SentenceScore
from classifier.rendering import render
from classifier.rendering.html import asset
from classifier.rendering.marking import Hidden, clean, find_devices, shown_labels
from classifier.schema import load_schema

from .samples import FAMILY, HIDDEN, article_scores, make_score

Element = Any


def source(*scores: ArticleScore, **options: Any) -> str:
    stream = io.StringIO()
    render(scores, "html", stream, **options)
    return stream.getvalue()


def page(*scores: ArticleScore, **options: Any) -> Element:
    return lxml.html.document_fromstring(source(*scores, **options).encode("utf-8"))


def by_class(node: Element, name: str) -> list[Element]:
    path = f".//*[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"
    return list(node.xpath(path))


def text_of(node: Element) -> str:
    return str(node.text_content())


def spoken(node: Element, language: str = "fr") -> str:
    """The text of a node in one of the page's languages, white space folded."""
    other = "in-en" if language == "fr" else "in-fr"
    parts = node.xpath(f".//text()[not(ancestor::*[contains(@class, '{other}')])]")
    return " ".join("".join(parts).split())


def sentences(node: Element) -> list[Element]:
    return by_class(node, "s")


# ---- the text


def test_every_sentence_is_there_in_order(
    seed_score: ArticleScore, trap_score: ArticleScore
) -> None:
    found = sentences(page(seed_score, trap_score))
    expected = [clean(of.sentence.text) for s in (seed_score, trap_score) for of in s.sentences]
    assert [text_of(of) for of in found] == expected


@given(article_scores(), HIDDEN)
def test_any_cue_layout_shows_the_sentence(score: ArticleScore, hidden: Hidden) -> None:
    document = page(score, hide=frozenset(".".join(pair) for pair in hidden))
    found = sentences(document)
    assert [text_of(of) for of in found] == [clean(of.sentence.text) for of in score.sentences]
    for node, item in zip(found, score.sentences, strict=True):
        check_underlines(node, item, hidden)


def check_underlines(node: Element, item: SentenceScore, hidden: Hidden) -> None:
    """Each label underlines exactly the characters under its cues that are not hidden."""
    shown = shown_labels(item, hidden)
    for label in load_schema().labels:
        covered: set[int] = set()
        for cue in shown.get(label.name, ()):
            covered |= set(range(max(0, cue.start), min(cue.end, len(item.sentence.text))))
        underlined: set[int] = set()
        at = 0
        for piece in node.xpath(".//text()"):
            classes = [set(of.get("class", "").split()) for of in piece.getparent().iterancestors()]
            classes.append(set(piece.getparent().get("class", "").split()))
            if any({"u", label.code} <= of and "off" not in of for of in classes):
                underlined |= set(range(at, at + len(piece)))
            at += len(piece)
        assert underlined == covered


def test_markup_in_an_article_stays_text(trap_score: ArticleScore) -> None:
    written = source(trap_score)
    assert written.count("<script>") == written.count("</script>") == 1
    document = page(trap_score)
    assert text_of(document.xpath("//title")[0]).startswith("</script><script>alert(1)</script> &")
    assert not document.xpath("//b[not(@class) and contains(., 'agence')]")
    assert not document.xpath("//*[starts-with(@href, 'javascript:')]")
    assert FAMILY in text_of(document)


def test_paragraphs_are_those_of_the_source(seed_score: ArticleScore) -> None:
    [text] = by_class(page(seed_score), "text")
    # The publisher; ten paragraphs, three of them of several sentences; two credit lines.
    counts = [len(sentences(paragraph)) for paragraph in text]
    assert counts == [1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 3, 1, 1]


def test_headline_and_credits_are_told_apart(seed_score: ArticleScore) -> None:
    document = page(seed_score)
    assert [text_of(of) for of in sentences(document.xpath("//h2[@id='a1-title']")[0])] == [
        seed_score.title
    ]
    credits = by_class(document, "credit")
    assert [spoken(of) for of in credits] == [
        "Crédit Meguetan Infos",
        "Crédit ………Tass",
        "Crédit Source : Tass",
    ]


def test_an_article_without_its_source_still_reads(seed_score: ArticleScore) -> None:
    bare = make_score(seed_score.sentences, id="bare")
    assert [text_of(of) for of in sentences(page(bare))] == [
        item.sentence.text for item in seed_score.sentences
    ]


def test_a_title_without_a_unit_is_still_shown() -> None:
    document = page(make_score([], id="x", title="Un <titre>"))
    assert text_of(document.xpath("//h2[@id='a1-title']")[0]) == "Un <titre>"
    assert text_of(page(make_score([], id="x")).xpath("//h2[@id='a1-title']")[0]) == "x"


def test_only_web_addresses_become_links() -> None:
    for url, links in (("https://exemple.fr/a?b=1&c", 1), ("javascript:alert(1)", 0), ("", 0)):
        score = make_score([], id="x", article=Article("x", "", url=url))
        assert len(page(score).xpath(f"//article//a[@href='{url}']")) == (links if url else 0)


def test_language_of_the_text_is_marked_only_if_it_is_one() -> None:
    assert page(make_score([], language="fr")).xpath("//h2[@id='a1-title']/@lang") == ["fr"]
    assert page(make_score([], language='x" y')).xpath("//h2[@id='a1-title']/@lang") == []


# ---- evidence


def test_every_cue_has_its_note(seed_score: ArticleScore) -> None:
    document = page(seed_score)
    cues = by_class(document, "cue")
    notes = {of.get("id"): of for of in by_class(document, "note")}
    pointed = [id for cue in cues for id in cue.get("data-notes").split()]
    assert sorted(pointed) == sorted(notes)
    total = sum(len(label.cues) for of in seed_score.sentences for label in of.labels.values())
    assert len(notes) == total == 22
    note = notes[pointed[1]]
    assert spoken(note) == (
        "phrase 2 Selon le rapport Attribution prudente · cadre de source "
        "« selon », « d'après », « pour » et une source. probabilité 88 %, seuil 50 %"
    )
    assert spoken(note, "en").endswith("probability 88%, threshold 50%")


def test_touching_cues_are_one_link(seed_score: ArticleScore) -> None:
    links = [of for of in by_class(page(seed_score), "cue") if text_of(of) == "Selon le rapport"]
    assert [len(of.get("data-notes").split()) for of in links] == [2, 2]


def test_overlapping_labels_underline_the_same_words(seed_score: ArticleScore) -> None:
    [link, _] = [
        of for of in by_class(page(seed_score), "cue") if text_of(of) == "Selon le rapport"
    ]
    spans = [(text_of(of), of.get("class"), of.get("data-devices")) for of in by_class(link, "u")]
    assert spans == [
        ("Selon ", "u H", "attribution_hedging.frame"),
        ("le rapport", "u H", "attribution_hedging.frame"),
        ("le rapport", "u R", "relay_sourcing.outlet"),
    ]


def test_notes_on_depth_withdrawal_and_deciding_words(trap_score: ArticleScore) -> None:
    document = page(trap_score)
    notes = [spoken(of) for of in by_class(document, "note")]
    assert any("1 main entre l’information et cet article" in note for note in notes)
    assert any("retiré : notre journal est l'éditeur <Le Soir>" in note for note in notes)
    assert any("mots décisifs" in note for note in notes)
    [withdrawn] = by_class(document, "withdrawn")
    assert spoken(withdrawn).endswith("Relais de relais retiré")


def test_nothing_to_say_is_said() -> None:
    assert "Rien n’est signalé" in spoken(page(make_score([])))


# ---- figures and hiding


def figures_of(document: Element, language: str = "fr") -> list[str]:
    return [spoken(of, language) for of in by_class(document, "lead")]


def test_figures(seed_score: ArticleScore) -> None:
    document = page(seed_score)
    assert figures_of(document) == ["53 % 9/17", "41 % 7/17", "12 % 2/17"]
    assert figures_of(document, "en") == ["53% 9/17", "41% 7/17", "12% 2/17"]
    assert [spoken(of) for of in by_class(document, "without")] == [
        "sans cadre de source : 24 % (4)"
    ]
    assert [spoken(of) for of in by_class(document, "depth")] == ["jusqu’à 3 mains"]


def test_no_share_of_nothing() -> None:
    assert figures_of(page(make_score([]))) == ["– 0/0"] * 3


def test_hidden_from_the_start(seed_score: ArticleScore) -> None:
    document = page(seed_score, hide=frozenset({"frame"}))
    assert figures_of(document)[0] == "24 % 4/17"
    [box] = document.xpath("//input[@checked]")
    assert box.get("data-device") == "attribution_hedging.frame"
    dead = [of for of in by_class(document, "cue") if of.get("href") is None]
    assert [text_of(of) for of in dead] == [
        "Selon le porte-parole du Pentagone", "selon lui", "Selon Poutine",
    ]  # fmt: skip
    hidden_notes = [of for of in by_class(document, "note") if of.get("hidden") is not None]
    assert len(hidden_notes) == 5
    assert by_class(document, "without")[0].get("hidden") is not None
    alive = {of.get("href") for of in by_class(document, "cue")} - {None}
    assert not alive & {"#" + of.get("id") for of in hidden_notes}


def test_a_checkbox_for_every_device() -> None:
    document = page()
    boxes = {of.get("data-device"): of for of in document.xpath("//input[@type='checkbox']")}
    pairs = [(label, device) for label in load_schema().labels for device in label.devices]
    assert set(boxes) == {f"{label.name}.{device.name}" for label, device in pairs}
    for label, device in pairs:
        box = boxes[f"{label.name}.{device.name}"]
        [name] = document.xpath(f"//label[@for='{box.get('id')}']")
        assert device.title["fr"] in spoken(name)
        assert device.title["en"] in spoken(name, "en")
        assert (box.get("data-mild") is not None) == device.mild
        # Mild devices stand in the open, the others in a fold.
        assert bool(box.xpath("ancestor::details")) != device.mild


def test_the_script_can_count_again(seed_score: ArticleScore) -> None:
    """What the script reads (flags, depths, total) holds what Python's figures are made of."""
    document = page(seed_score)
    [section] = by_class(document, "figures")
    assert section.get("data-total") == "17"
    hidden = find_devices(["frame", "outlet"])
    for node, item in zip(sentences(document), seed_score.sentences, strict=True):
        flags = dict(flag.split("=") for flag in (node.get("data-flags") or "").split())
        left = {
            name
            for name, devices in flags.items()
            if not devices or any((name, device) not in hidden for device in devices.split(","))
        }
        assert left == set(shown_labels(item, hidden))
        depth = item.labels["relay_sourcing"].depth
        assert node.get("data-depth") == (None if depth is None else str(depth))


# ---- the page around


def test_nothing_is_asked_from_outside(seed_score: ArticleScore) -> None:
    document = page(seed_score)
    assert document.xpath("//@src | //@srcset | //@action | //@style | //link/@href") == ["data:,"]
    assert not re.search(r"url\(|@import|https?:", asset("page.css") + asset("page.js"))
    handlers = [name for of in document.iter() for name in of.attrib if name.startswith("on")]
    assert handlers == []


def test_policy_admits_the_two_assets_alone(seed_score: ArticleScore) -> None:
    document = page(seed_score)
    [policy] = document.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy
    for name, rule in (("style", "style-src"), ("script", "script-src")):
        [inline] = document.xpath(f"//{name}")
        digest = base64.b64encode(hashlib.sha256(inline.text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    # A policy must come before what it is to govern.
    head = [of.tag for of in document.head]
    assert head.index("meta") < head.index("style")


def test_legend_explains_each_label_in_both_languages() -> None:
    [legend] = by_class(page(), "legend")
    for label in load_schema().labels:
        for language in ("fr", "en"):
            assert label.title[language] in spoken(legend, language)
            assert label.definition[language] in spoken(legend, language)
        assert f".u.{label.code} {{ text-decoration-style:" in asset("page.css")


def test_it_says_that_it_does_not_judge() -> None:
    [line] = by_class(page(), "no-verdict")
    assert "ne dit jamais si une information est vraie ou fausse" in spoken(line)
    assert "never says whether" in spoken(line, "en")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_language_switch(language: str, seed_score: ArticleScore) -> None:
    document = page(seed_score, language=language)
    assert document.get("lang") == document.get("data-ui") == language
    pressed = document.xpath("//button[@aria-pressed='true']/@data-language")
    assert pressed == [language]
    # Whatever is said in one language is said in the other.
    french, english = by_class(document, "in-fr"), by_class(document, "in-en")
    assert len(french) == len(english) > 100
    assert all(of.get("lang") == "fr" and of.getnext().get("lang") == "en" for of in french)


def test_structure_for_screen_readers(seed_score: ArticleScore, trap_score: ArticleScore) -> None:
    document = page(seed_score, trap_score)
    ids = document.xpath("//@id")
    assert len(ids) == len(set(ids))
    for names in document.xpath("//@aria-labelledby | //@aria-describedby"):
        assert set(names.split()) <= set(ids)
    for target in document.xpath("//a/@href[starts-with(., '#')]"):
        assert target[1:] in ids
    assert len(document.xpath("//main")) == len(document.xpath("//h1")) == 1
    levels = [int(of.tag[1]) for of in document.xpath("//h1|//h2|//h3|//h4")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(document.xpath("//article[@aria-labelledby]")) == 2
    assert all(of.get("type") == "button" for of in document.xpath("//button"))


def test_articles_are_written_as_they_come(seed_score: ArticleScore) -> None:
    stream = io.StringIO()

    def scores() -> Iterable[ArticleScore]:
        yield seed_score
        yield seed_score
        assert stream.getvalue().count("</article>") == 2
        yield seed_score

    render(scores(), "html", stream)
    assert stream.getvalue().count("</article>") == 3
    assert stream.getvalue().endswith("</html>\n")
