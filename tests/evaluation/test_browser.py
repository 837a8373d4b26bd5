"""The error browser of a report, opened from the file system in a real Chromium."""

from __future__ import annotations

import json
import re
from itertools import product

import numpy as np
import pytest

from classifier.evaluation.browser import browser_rows
from classifier.evaluation.contest import contest_html, hold_contest
from classifier.evaluation.page import report_html
from classifier.models.rules import KeywordModel
from classifier.schema import load_schema
from tests.evaluation.test_behaviour import scorer_of
from tests.serving.browser import Browser, find_chromium

CHROMIUM = find_chromium()
LABELS = load_schema().labels
KINDS = {"": None, "wrong": {"fp", "fn"}, **{kind: {kind} for kind in ("fp", "fn", "tp", "tn")}}
STEP = 40

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")


def make_rows(seed: int, count: int = 90) -> list[dict]:
    """Rows of every kind: two sources, every device, confidences from 0 to 1."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        gold, said = (rng.random(len(LABELS)) < 0.45 for _ in "gy")
        cues = []
        for answers in (gold, said):
            of_labels = []
            for label, positive in zip(LABELS, answers, strict=True):
                device = str(rng.choice([*label.device_names, "weights"]))
                of_labels.append([[0, 5, device]] if positive else [])
            cues.append(of_labels)
        source = ("orangesum", "written")[number % 2]
        rows.append(
            {
                "d": f"{source}/a{number}",
                "i": number,
                "s": source,
                "t": f"Selon le préfet numéro {number}, on {'ferme' if number % 3 else 'ouvre'}.",
                "b": "Il pleut." if number % 4 else "",
                "a": "Il neige." if number % 5 else "",
                "g": gold.astype(int).tolist(),
                "y": said.astype(int).tolist(),
                "p": rng.random(len(LABELS)).round(4).tolist(),
                "c": (rng.integers(0, 21, len(LABELS)) / 20).round(4).tolist(),
                "gc": cues[0],
                "pc": cues[1],
            }
        )  # fmt: skip
    return rows


@pytest.fixture(scope="module")
def data(dossier):
    """The page's own data with rows of known kinds, for two models."""
    page = report_html([dossier])
    found = json.loads(re.search(r'id="browser-data">(.*?)</script>', page, re.DOTALL)[1])
    found["sources"] = ["orangesum", "written"]
    found["models"] = [{"name": name, "rows": make_rows(k)} for k, name in enumerate("AB")]
    first = found["models"][0]["rows"][0]
    # Astral characters before a cue: offsets are code points, not UTF-16 units. Gold 3..12, the
    # model 9..18: three pieces, the middle one in both.
    first |= {"t": "😀😀 Selon lui demain </script><b>x", "g": [1, 0, 0], "y": [1, 1, 0]}
    first |= {
        "gc": [[[3, 12, "frame"]], [], []],
        "pc": [[[9, 19, "doubt"]], [[0, 2, "hearsay"]], []],
    }
    return found


@pytest.fixture(scope="module")
def path(dossier, data, tmp_path_factory):
    encoded = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    page = re.sub(
        r'(id="browser-data">).*?(</script>)',
        lambda match: match[1] + encoded + match[2],
        report_html([dossier]),
        flags=re.DOTALL,
    )
    found = tmp_path_factory.mktemp("report é") / "report.html"
    found.write_text(page, "utf-8")
    return found


@pytest.fixture(scope="module")
def chromium():
    assert CHROMIUM is not None
    found = Browser(CHROMIUM)
    yield found
    found.close()


@pytest.fixture(scope="module")
def page(chromium, path):
    return chromium.open(path.as_uri())


def expected(data, **chosen) -> list[tuple[str, int]]:
    """What the filters must show: (document, label), in any order. Written anew, not copied."""
    names = [label.name for label in LABELS]
    found = []
    for row in data["models"][int(chosen.get("model", 0))]["rows"]:
        for k in range(len(names)):
            kind = {(1, 1): "tp", (1, 0): "fn", (0, 1): "fp", (0, 0): "tn"}[
                row["g"][k], row["y"][k]
            ]
            kinds = KINDS[chosen.get("kind", "wrong")]
            devices = {cue[2] for cue in (*row["gc"][k], *row["pc"][k])}
            low, high = (chosen.get(name, given) for name, given in (("low", ""), ("high", "")))
            if (
                chosen.get("label", "") in ("", str(k))
                and (kinds is None or kind in kinds)
                and (kind != "tn" or row["p"][k] >= data["near"])
                and chosen.get("source", "") in ("", row["s"])
                and (not chosen.get("device") or chosen["device"] in devices)
                and float(low or 0) <= row["c"][k] <= float(high or 1)
                and (
                    chosen.get("words", "").lower() in row["t"].lower()
                    or chosen["words"] in row["d"]
                )
            ):
                found.append((row["d"], k))
    return found  # fmt: skip


def choose(page, **chosen) -> list[tuple[str, int]]:
    """Set every filter, unfold everything, and return what stands on the page, in order."""
    given = {"model": "0", "label": "", "kind": "wrong", "device": "", "source": ""}
    given |= {"low": "0", "high": "1", "words": "", "order": "sure"}
    values = given | {name: str(value) for name, value in chosen.items()}
    return page.run(
        "(() => { const form = document.querySelector('#browser form');"
        f"const values = {json.dumps(values)};"
        "for (const [name, value] of Object.entries(values)) {"
        "  form.elements[name].value = value;"
        "  if (form.elements[name].value !== value) throw new Error('no ' + name + ' ' + value);"
        "}"
        "form.elements.model.dispatchEvent(new Event('input', {bubbles: true}));"
        "const more = document.querySelector('#more');"
        "while (!more.hidden) more.click();"
        "return Array.from(document.querySelectorAll('.case .meta'), (meta) =>"
        "  Array.from(meta.children, (one) => one.textContent)); })()"
    )


def shown(cards) -> list[tuple[str, int]]:
    names = [label.name for label in LABELS]
    return [(card[3].partition(" #")[0], names.index(card[1])) for card in cards]


def check(page, data, **chosen):
    cards = choose(page, **chosen)
    wanted = expected(data, **chosen)
    assert sorted(shown(cards)) == sorted(wanted), chosen
    total = len(data["models"][int(chosen.get("model", 0))]["rows"])
    said = page.run("document.querySelector('#count').textContent")
    assert said == f"{len(wanted)} of {total} sentences × labels match"
    return wanted


def test_it_begins_with_the_surest_errors(page, data):
    cards = page.run(
        "Array.from(document.querySelectorAll('.case .meta'), (meta) =>"
        "Array.from(meta.children, (one) => one.textContent))"
    )
    assert len(cards) == STEP
    assert {card[0] for card in cards} == {"false positive", "missed"}
    assert page.run("document.querySelector('#more').hidden") is False
    page.click("#more")
    assert page.run("document.querySelectorAll('.case').length") == 2 * STEP


@pytest.mark.parametrize("kind", KINDS)
def test_filter_by_kind_and_label(page, data, kind):
    for label in ("", *map(str, range(len(LABELS)))):
        assert check(page, data, kind=kind, label=label)


def test_filter_by_device(page, data):
    devices = page.run("Array.from(document.forms[0].elements.device.options, (o) => o.value)")
    assert set(devices) == {"", "weights", *(d for label in LABELS for d in label.device_names)}
    for device in devices:
        assert check(page, data, kind="", device=device)


def test_filter_by_source_and_model(page, data):
    seen = [check(page, data, source=s, model=m) for s, m in product(("", *data["sources"]), "01")]
    assert len({tuple(one) for one in seen}) == 6


@pytest.mark.parametrize(
    ("low", "high"), [("0.5", "1"), ("0", "0.25"), ("0.35", "0.35"), ("", ""), ("0.9", "0.1")]
)
def test_filter_by_confidence(page, data, low, high):
    found = check(page, data, kind="", low=low, high=high)
    assert bool(found) == (low != "0.9")


def test_filter_by_words(page, data):
    assert check(page, data, kind="", words="OUVRE")
    assert check(page, data, kind="", words="written/a7")
    assert not check(page, data, kind="", words="nulle part")


def test_all_filters_together(page, data):
    rng = np.random.default_rng(7)
    devices = ["", "", *(d for label in LABELS for d in label.device_names)]
    some = 0
    for _ in range(60):
        low, high = sorted(rng.integers(0, 21, 2) / 20)
        some += bool(
            check(
                page,
                data,
                model=rng.integers(2),
                kind=rng.choice(list(KINDS)),
                label=rng.choice(["", "0", "1", "2"]),
                device=rng.choice(devices),
                source=rng.choice(["", *data["sources"]]),
                low=low,
                high=high,
                words=rng.choice(["", "ferme"]),
            )
        )
    assert some > 15


def test_order(page, data):
    rows = {row["d"]: row for row in data["models"][0]["rows"]}
    for order, sign in (("sure", -1), ("unsure", 1)):
        sure = [sign * rows[d]["c"][k] for d, k in shown(choose(page, kind="", order=order))]
        assert sure == sorted(sure)
    read = [rows[d]["i"] for d, _ in shown(choose(page, kind="", order=""))]
    assert read == sorted(read)


def test_cues_and_context_are_shown(page, data):
    choose(page, kind="", label="0", words="😀")
    found = page.run(
        "Array.from(document.querySelectorAll('.case mark'), (one) =>"
        "[one.textContent, one.className.trim(), one.title])"
    )
    assert found == [
        ["Selon ", "gold", "gold: frame"],
        ["lui", "gold said", "gold: frame, model: doubt"],
        [" demain", "said", "model: doubt"],
    ]
    text = page.run("document.querySelector('.case .text').textContent")
    assert text == "😀😀 Selon lui demain </script><b>x"
    choose(page, kind="", label="0", words="orangesum/a6")
    context = page.run(
        "Array.from(document.querySelector('.case').querySelectorAll('p'), (p) => p.className)"
    )
    assert context == ["context", "text", "context"]


def test_fields_are_used_by_hand(page, data):
    choose(page, kind="")
    page.click("#browser input[name=words]")
    page.type("ouvre")
    wanted = expected(data, kind="", words="ouvre")
    page.wait(f"document.querySelector('#count').textContent.startsWith('{len(wanted)} of')")
    page.click("#browser select[name=label]")
    page.key("ArrowDown", 40)
    page.key("Enter", 13, "\r")
    page.wait("document.forms[0].elements.label.value === '0'")
    wanted = expected(data, kind="", words="ouvre", label="0")
    page.wait(f"document.querySelector('#count').textContent.startsWith('{len(wanted)} of')")


def test_nothing_else_is_asked_for_and_nothing_complains(page, path):
    assert page.requests() == [path.as_uri()]
    assert page.complaints() == []
    assert page.run("document.querySelectorAll('svg').length") >= 3


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_never_wider_than_the_window(page, width):
    page.size(width, 900)
    try:
        assert page.run("document.documentElement.scrollWidth") <= width
    finally:
        page.size(1280, 900)


def test_the_real_rows_are_shown_from_the_file_system(chromium, dossier, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(report_html([dossier]), "utf-8")
    real = chromium.open(path.as_uri())
    rows = browser_rows(dossier.browsable)
    cards = choose(real, kind="")
    assert set(shown(cards)) == {
        (row["d"], k)
        for row in rows
        for k in range(len(LABELS))
        if row["g"][k] or row["y"][k] or row["p"][k] >= 0.2
    }
    assert real.complaints() == []
    real.close()


def test_a_comparison_opens_from_the_file_system_too(page, path, scorer, bench, tmp_path):
    models = {"small": [scorer], "words": [scorer_of(KeywordModel())]}
    found = hold_contest(models, bench, split="train", shown="train")
    other = tmp_path / "comparison.html"
    other.write_text(contest_html(found), "utf-8")
    page.send("Page.navigate", url=other.as_uri())
    page.wait("document.title.startsWith('Comparison') && document.readyState === 'complete'")
    assert "ROC-AUC macro" in page.run("document.querySelector('table').textContent")
    assert page.run("document.documentElement.scrollWidth") <= 1280
    assert page.requests() == [path.as_uri(), other.as_uri()]
    assert page.complaints() == []
