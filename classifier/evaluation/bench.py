"""The annotated corpus as an evaluation meets it: what is here, and what is not and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from classifier.corpus.annotations import AnnotatedArticle
from classifier.corpus.dataset import (
    LabelledDocuments,
    annotated_sources,
    data_hashes,
    label_documents,
    load_gold,
)
from classifier.corpus.sources import SOURCES
from classifier.corpus.splits import SPLITS, SplitManifest, read_splits, repeated_sentences
from classifier.errors import DataError, Fault


@dataclass(frozen=True)
class Bench:
    """Annotated articles with their splits.

    Attributes:
        data: the folder of annotations.
        annotated: every annotated article whose text is here.
        missing: for each source that could not be loaded, what is missing and what brings it.
        manifest: which article stands in which split; None when there is no manifest.
    """

    data: Path
    annotated: tuple[AnnotatedArticle, ...]
    missing: tuple[Fault, ...]
    manifest: SplitManifest | None

    @cached_property
    def left_out(self) -> set[tuple[str, int]]:
        """(document key, unit index) of test sentences that stand word for word elsewhere."""
        return repeated_sentences(self.manifest, self.annotated) if self.manifest else set()

    @property
    def sources(self) -> list[str]:
        """The sources that are here, in the order in which they were loaded."""
        return list(dict.fromkeys(one.document.source for one in self.annotated))

    def split(self, name: str, keep: Callable[[str], bool] | None = None) -> LabelledDocuments:
        """Return the documents of a split.

        Args:
            keep: says of a document's key whether it is wanted; default all.
        """
        assignment = self.manifest.assignment if self.manifest else {}
        return label_documents(
            one
            for one in self.annotated
            if assignment.get(one.document.key) == name and (keep is None or keep(one.document.key))
        )

    def learnable(self) -> list[AnnotatedArticle]:
        """Return what may be learned from: train and validation."""
        assignment = self.manifest.assignment if self.manifest else {}
        learnt = set(SPLITS) - {"test"}
        return [one for one in self.annotated if assignment.get(one.document.key) in learnt]

    def hashes(self) -> dict[str, str]:
        """Return path → SHA-256 of every gold file that is here and of the split manifest."""
        return data_hashes(self.data, self.sources)


def load_bench(data: Path, sources: Iterable[str] | None = None) -> Bench:
    """Load what can be loaded; nothing that is missing stops the rest.

    Raises:
        FaultsError: faults in annotation files that are here.
    """
    annotated: list[AnnotatedArticle] = []
    missing: list[Fault] = []
    known = list(sources) if sources is not None else annotated_sources(data)
    for source in known:
        try:
            annotated += load_gold(data, [source])
        except DataError as error:
            missing.append(error.fault)
    if sources is None:
        missing += [
            Fault(str(data / name / "gold"), "no file", f"annotations of {name!r}")
            for name in SOURCES
            if name not in known and (data / name).is_dir()
        ]
    manifest = None
    try:
        manifest = read_splits(data / "splits.json")
    except DataError as error:
        missing.append(error.fault)
    return Bench(data, tuple(annotated), tuple(missing), manifest)
