"""Scores made by hand: the seed article with plausible cues, and a small article full of traps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from hypothesis import strategies as st

from classifier.records import (
    Article,
    ArticleScore,
    Cue,
    LabelScore,
    ModelInfo,
    Sentence,
    SentenceScore,
)
from classifier.schema import load_schema

SEED = Path(__file__).parents[2] / "seeds" / "000_c8f4650f96df5b00.txt"

MODEL = ModelInfo(
    "lineaire",
    "0.1.0",
    "3f" * 32,
    {"attribution_hedging": 0.5, "relay_sourcing": 0.46, "threat_rhetoric": 0.52},
)

# sentence index -> label code -> (probability, depth, "words:device" …)
FLAGS: dict[int, dict[str, tuple[float, int | None, tuple[str, ...]]]] = {
    0: {"R": (0.91, 1, ("– Politico:outlet",))},
    2: {"H": (0.88, None, ("Selon le rapport:frame",)), "R": (0.64, 1, ("le rapport:outlet",))},
    3: {
        "H": (0.83, None, ("citant ses propres sources:unnamed_source",)),
        "R": (
            0.97,
            2,
            ("a rapporté le journal Politico:outlet", "citant ses propres sources:cited_source"),
        ),
    },
    4: {"H": (0.89, None, ("Selon le rapport:frame",)), "R": (0.61, 1, ("le rapport:outlet",))},
    5: {
        "H": (0.79, None, ("citant sa source:unnamed_source",)),
        "R": (0.95, 2, ("a déclaré le journal:outlet", "citant sa source:cited_source")),
    },
    6: {"H": (0.71, None, ("la source a déclaré:unnamed_source",))},
    8: {"R": (0.86, 2, ("Dans une interview avec The Economist:via_outlet",))},
    11: {"H": (0.93, None, ("Selon le porte-parole du Pentagone:frame",))},
    13: {"H": (0.9, None, ("selon lui:frame",))},
    14: {
        "H": (0.85, None, ("citant ses sources:unnamed_source",)),
        "R": (0.996, 3, ("le New York Times a rapporté:outlet", "citant ses sources:cited_source")),
    },
    15: {"T": (0.74, None, ("« devraient être conscients de ce avec quoi ils jouent »:veiled",))},
    16: {"H": (0.94, None, ("Selon Poutine:frame",))},
    17: {
        "T": (
            0.58,
            None,
            (
                "Une fois que l’armée ukrainienne aura utilisé des armes:conditional",
                "devra à nouveau décider d’une « zone sanitaire »:red_line",
            ),
        )
    },
}


def seed_article() -> Article:
    """The seed as ingestion would give it, the publisher's line kept as a credit line."""
    title, text = SEED.read_text("utf-8").split("\n", 1)
    return Article("000_c8f4650f96df5b00", text, title=title, publisher=text.split("\n")[0])


def seed_sentences(article: Article) -> list[Sentence]:
    units = [Sentence(0, "title", 0, len(article.title), "headline", article.title)]
    for match in re.finditer(r"\S.*?(?:[.»](?= [A-ZÀ-Ý])|$)", article.text, re.MULTILINE):
        kind = "credit" if len(match[0]) < 20 else "sentence"
        units.append(Sentence(len(units), "text", match.start(), match.end(), kind, match[0]))  # type: ignore[arg-type]
    return units


def score_sentence(
    sentence: Sentence, flags: dict[str, tuple[float, int | None, tuple[str, ...]]]
) -> SentenceScore:
    labels: dict[str, LabelScore] = {}
    for label in load_schema().labels:
        if label.code not in flags:
            labels[label.name] = LabelScore(0.04, False)
            continue
        probability, depth, cues = flags[label.code]
        found = []
        for cue in cues:
            words, _, device = cue.rpartition(":")
            start = sentence.text.index(words)
            found.append(Cue(start, start + len(words), device))
        labels[label.name] = LabelScore(probability, True, tuple(sorted(found)), depth)
    return SentenceScore(sentence, labels)


def summarize(sentences: Iterable[SentenceScore]) -> dict[str, object]:
    """The summary as scoring makes it, counted the plain way."""
    schema = load_schema()
    sentences = list(sentences)
    units = [s for s in sentences if s.sentence.kind != "credit"]
    total = len(units)

    def entry(count: int) -> dict[str, object]:
        return {"positive": count, "share": count / total if total else None}

    positive = {n: [s for s in units if s.labels[n].positive] for n in schema.names}
    hedged = positive["attribution_hedging"]
    strong = [
        s for s in hedged if any(c.device != "frame" for c in s.labels["attribution_hedging"].cues)
    ]
    return {
        "sentences": total,
        "credits": len(sentences) - total,
        "labels": {n: entry(len(positive[n])) for n in schema.names},
        "without_mild": {"attribution_hedging": entry(len(strong))},
        "devices": {
            label.name: {
                device: count
                for device in label.device_names
                if (
                    count := sum(
                        any(c.device == device for c in s.labels[label.name].cues)
                        for s in positive[label.name]
                    )
                )
            }
            for label in schema.labels
        },
        "max_depth": max(
            (d for s in units if (d := s.labels["relay_sourcing"].depth) is not None), default=None
        ),
    }


def make_score(
    sentences: Iterable[SentenceScore],
    *,
    id: str = "a",
    title: str = "",
    language: str = "fr",
    warnings: tuple[str, ...] = (),
    article: Article | None = None,
) -> ArticleScore:
    sentences = tuple(sentences)
    return ArticleScore(
        id, title, language, sentences, summarize(sentences), MODEL, warnings, article
    )


def seed_score() -> ArticleScore:
    article = seed_article()
    scored = [score_sentence(s, FLAGS.get(s.index, {})) for s in seed_sentences(article)]
    return make_score(scored, id=article.id, title=article.title, article=article)


FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # five code points, one picture


def trap_score() -> ArticleScore:
    """Markup, formulas, emoji, right-to-left text, control characters, a withdrawn label."""
    title = "</script><script>alert(1)</script> & « Tout va bien » \U0001f642"
    texts = [
        '=1+1, selon \u202eעיתון הארץ\u202c, dit "l\'agence" <b>.',
        f"- Oui, d'après eux {FAMILY} : \x1b[31mrouge\x07 et \x00 nul.",
        "La ministre l'a dit à notre journal.",
        "Ils verront bien.",
        "(avec AFP)",
    ]
    body = "\n".join(texts)
    units = [Sentence(0, "title", 0, len(title), "headline", title)]
    start = 0
    for text in texts:
        kind = "credit" if text.startswith("(") else "sentence"
        units.append(Sentence(len(units), "text", start, start + len(text), kind, text))  # type: ignore[arg-type]
        start += len(text) + 1
    flags: dict[int, dict[str, tuple[float, int | None, tuple[str, ...]]]] = {
        1: {
            "H": (0.9, None, ("selon \u202eעיתון:frame",)),
            "R": (0.7, 1, ("\u202eעיתון הארץ:outlet",)),
        },
        2: {
            "H": (
                float("nan"),
                None,
                (
                    "d'après eux:frame",
                    f"eux {FAMILY}:unnamed_source",
                ),
            )
        },
        4: {"T": (1.0, None, ("verront bien:weights",))},
    }
    scored = [score_sentence(unit, flags.get(unit.index, {})) for unit in units]
    labels = dict(scored[3].labels)
    labels["relay_sourcing"] = LabelScore(
        0.8, False, (Cue(22, 36, "via_outlet"),), withdrawn="notre journal est l'éditeur <Le Soir>"
    )
    scored[3] = SentenceScore(scored[3].sentence, labels)
    article = Article("t<&>\"'", body, title=title, url="javascript:alert(1)", publisher="Le Soir")
    return make_score(
        scored,
        id=article.id,
        title=title,
        warnings=("le texte <semble> ne pas être en français",),
        article=article,
    )


# ---- any cue layout: offsets may lie anywhere, overlap, be empty or point outside

PAIRS = tuple(
    (label.name, device) for label in load_schema().labels for device in label.device_names
)


@st.composite
def sentence_scores(draw: st.DrawFn, index: int = 0) -> SentenceScore:
    text = draw(TEXTS)
    labels: dict[str, LabelScore] = {}
    for label in load_schema().labels:
        devices = st.sampled_from((*label.device_names, "weights"))
        offsets = st.integers(-2, len(text) + 2)
        cues = draw(st.lists(st.builds(Cue, offsets, offsets, devices), max_size=4))
        positive = draw(st.booleans())
        depth = 2 if positive and label.name == "relay_sourcing" and draw(st.booleans()) else None
        withdrawn = "" if positive else draw(st.sampled_from(("", "<raison>")))
        probability = draw(st.floats(0, 1) | st.just(float("nan")))
        labels[label.name] = LabelScore(
            probability, positive, tuple(sorted(cues)), depth, withdrawn
        )
    kind = draw(st.sampled_from(("sentence", "headline")))
    return SentenceScore(Sentence(index, "text", 0, len(text), kind, text), labels)  # type: ignore[arg-type]


TEXTS = st.text(max_size=40) | st.text(
    alphabet="ab «»<>&\"'\u00a0\u202e\r\n\x1b🙂é\u0301", max_size=40
)
HIDDEN = st.frozensets(st.sampled_from(PAIRS))


@st.composite
def article_scores(draw: st.DrawFn) -> ArticleScore:
    sentences = [draw(sentence_scores(index)) for index in range(draw(st.integers(0, 3)))]
    return make_score(sentences, id=draw(TEXTS), title=draw(TEXTS), language=draw(TEXTS))
