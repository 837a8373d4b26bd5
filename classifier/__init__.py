"""Cadrage: sentence-level framing of French news, with the words that show it.

    >>> import classifier
    >>> score = classifier.score("Selon Reuters, le navire aurait coulé.")
    >>> score.sentences[0].labels["relay_sourcing"].positive
    True

Names are resolved when first used, so importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classifier.errors import CadrageError
    from classifier.records import Article, ArticleScore, Cue, LabelScore, Sentence, SentenceScore
    from classifier.schema import load_schema
    from classifier.scoring import Scorer
    from classifier.text.ingestion import read_articles
    from classifier.text.segmentation import segment

__version__ = "0.1.0"

_HOMES = {
    "Article": "classifier.records",
    "ArticleScore": "classifier.records",
    "CadrageError": "classifier.errors",
    "Cue": "classifier.records",
    "LabelScore": "classifier.records",
    "Scorer": "classifier.scoring",
    "Sentence": "classifier.records",
    "SentenceScore": "classifier.records",
    "load_schema": "classifier.schema",
    "read_articles": "classifier.text.ingestion",
    "segment": "classifier.text.segmentation",
}

__all__ = [
    "Article",
    "ArticleScore",
    "CadrageError",
    "Cue",
    "LabelScore",
    "Scorer",
    "Sentence",
    "SentenceScore",
    "load_schema",
    "read_articles",
    "score",
    "segment",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'classifier' has no attribute {name!r}")


_scorer: Scorer | None = None


def score(text: str, *, title: str = "", publisher: str = "") -> ArticleScore:
    """Score one French text with the model that travels in the package.

    Args:
        text: the body of an article, in any length.
        title: its headline, scored as a unit of its own.
        publisher: who published it; crediting the publisher itself is no relay.

    Raises:
        ModelError: the packaged model is damaged.
    """
    global _scorer
    from classifier.records import Article
    from classifier.scoring import Scorer

    if _scorer is None:
        _scorer = Scorer.load()
    return _scorer.score(Article(id="text", text=text, title=title, publisher=publisher))
