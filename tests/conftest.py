"""Small annotated articles for tests; every sentence is invented."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier.corpus.annotations import LabelMark, join_text, mark_document
from classifier.corpus.dataset import LabelledDocuments, label_documents
from classifier.models.linear import LinearModel
from classifier.models.linear_training import LinearSettings, train_linear
from classifier.records import Article
from classifier.text.segmentation import segment

ROOT = Path(__file__).parent.parent
SEED = ROOT / "seeds" / "000_c8f4650f96df5b00.txt"

_HEDGED = ("Selon le préfet", "D'après un témoin", "Selon des sources proches", "Selon la mairie")
_RELAYED = ("rapporte Le Courrier du Valois", "a-t-il dit à l'AFP", "écrit l'agence Interfil")
_THREATS = ("menace de fermer", "promet de se venger de", "a menacé de frapper")
_PLAIN = ("a visité", "inaugure", "traverse", "achète")
_PLACES = ("le port", "la gare", "le marché", "l'usine", "le stade", "la mairie", "le pont")


def _sentences(number: int) -> list[tuple[str, dict[str, LabelMark]]]:
    place = _PLACES[number % len(_PLACES)]
    hedge = _HEDGED[number % len(_HEDGED)]
    relay = _RELAYED[number % len(_RELAYED)]
    threat = _THREATS[number % len(_THREATS)]
    relayed = f"Rien ne presse pour {place}, {relay}."
    threatening = f"Le chef rebelle {threat} {place}."
    return [
        (f"Madame Vimont {_PLAIN[number % 4]} {place}.", {}),
        (
            f"{hedge}, {place} sera fermé.",
            {"attribution_hedging": LabelMark(((0, len(hedge), "frame"),))},
        ),
        (
            relayed,
            {"relay_sourcing": LabelMark(((relayed.index(relay), len(relayed) - 1, "outlet"),), 1)},
        ),
        (
            threatening,
            {
                "threat_rhetoric": LabelMark(
                    ((threatening.index(threat), len(threatening) - 1, "explicit"),)
                )
            },
        ),
        (f"Il fait beau sur {place}.", {}),
    ]


def make_documents(first: int, count: int) -> LabelledDocuments:
    """Return ``count`` small annotated articles."""
    joined = []
    for number in range(first, first + count):
        pairs = _sentences(number)
        texts = tuple(text for text, _ in pairs)
        article = Article(id=f"a{number}", text="\n".join(texts), sentences=texts)
        labels = {index: found for index, (_, found) in enumerate(pairs)}
        mark = mark_document(article, segment(article), labels, source="written", batch="b01")
        joined.append(join_text(mark, article))
    return label_documents(joined)


@pytest.fixture(scope="session")
def train_documents() -> LabelledDocuments:
    return make_documents(0, 40)


@pytest.fixture(scope="session")
def validation_documents() -> LabelledDocuments:
    return make_documents(100, 12)


@pytest.fixture(scope="session")
def trained(train_documents, validation_documents):
    """A small linear model and the scikit-learn pipeline that it was exported from."""
    model = LinearModel()
    settings = LinearSettings(min_count=1)
    pipeline = train_linear(model, settings, train_documents, validation_documents)
    return model, pipeline


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the encoders' tests out where torch is not installed.

    They run in an environment of their own, where nothing may be missing: `make test-camembert`.
    """
    apart = [item for item in items if _lacks_torch(item)]
    if apart:
        config.hook.pytest_deselected(items=apart)
        items[:] = [item for item in items if item not in apart]


def _lacks_torch(item: pytest.Item) -> bool:
    return any(
        mark.args and mark.args[0] is True and "extra 'camembert'" in mark.kwargs.get("reason", "")
        for mark in item.iter_markers("skipif")
    )


_ALLOWED = re.compile(r"shared|network|GPU|text of|corpus fetch", re.IGNORECASE)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With CI=true, fail on a skip that is not for missing shared text, network or GPU."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("CI") != "true":
        return
    for reason in _skips(reporter):
        if not _ALLOWED.search(reason):
            reporter.write_line(f"a skip that CI does not allow: {reason}", red=True)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _skips(reporter: pytest.TerminalReporter) -> Iterator[str]:
    for report in reporter.stats.get("skipped", []):
        found = report.longrepr
        yield found[2] if isinstance(found, tuple) else str(found)
