"""What can be judged: a model of the protocol, or a file of predictions made elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np

from classifier.corpus.dataset import Document
from classifier.errors import DataError, Fault, FaultsError
from classifier.records import ArticleScore, Cue, LabelScore, ModelInfo, SentenceScore
from classifier.schema import load_schema
from classifier.statistics import FloatArray


class Subject(Protocol):
    """Anything that says what it thinks of a document's units; a ``Scorer`` is one."""

    @property
    def info(self) -> ModelInfo:
        """Which model speaks."""
        ...

    def score_document(self, document: Document) -> ArticleScore:
        """Return one score for each unit of the document, in order."""
        ...


class _CueRow(msgspec.Struct, frozen=True):
    start: int
    end: int
    device: str = ""


class _LabelRow(msgspec.Struct, frozen=True):
    positive: bool
    probability: float | None = None
    cues: tuple[_CueRow, ...] = ()
    depth: int | None = None


class _SentenceRow(msgspec.Struct, frozen=True):
    field: str
    start: int
    end: int
    labels: dict[str, _LabelRow]


class _ArticleRow(msgspec.Struct, frozen=True):
    id: str
    sentences: tuple[_SentenceRow, ...]
    source: str = ""
    model: dict[str, Any] = {}


class Predictions:
    """Predictions read from a file: the form of ``cadrage score --format jsonl``.

    One article a line; ``id`` (and ``source``, where ids of two sources clash) names the article,
    ``field``, ``start`` and ``end`` the unit. A label without ``probability`` gets 1 or 0.

    Attributes:
        info: name and version that the file gives for its model; the SHA-256 is the file's.
    """

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            FaultsError: every broken line.
            DataError: the file cannot be read or is empty.
        """
        self.path = path
        self._units: dict[str, dict[tuple[str, int, int], dict[str, LabelScore]]] = {}
        try:
            content = path.read_bytes()
        except OSError as error:
            reason = error.strerror or "unreadable"
            raise DataError(str(path), reason, "a file of predictions") from None
        faults: list[Fault] = []
        about: dict[str, Any] = {}
        decoder = msgspec.json.Decoder(_ArticleRow)
        names = load_schema().names
        for number, line in enumerate(content.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                row = decoder.decode(line)
            except msgspec.DecodeError as error:
                faults.append(Fault(f"{path}:{number}", str(error), "one scored article"))
                continue
            about = about or row.model
            key = f"{row.source}/{row.id}" if row.source else row.id
            units = self._units.setdefault(key, {})
            for unit in row.sentences:
                absent = [name for name in names if name not in unit.labels]
                if absent:
                    faults.append(
                        Fault(f"{path}:{number}", f"no {', '.join(absent)}", "every label")
                    )
                    break
                units[unit.field, unit.start, unit.end] = {
                    name: _score(unit.labels[name]) for name in names
                }
        if faults:
            raise FaultsError(faults)
        if not self._units:
            raise DataError(str(path), "no article", "one scored article a line")
        import hashlib

        self.info = ModelInfo(
            str(about.get("name") or path.stem),
            str(about.get("version") or ""),
            hashlib.sha256(content).hexdigest(),
            {name: float((about.get("thresholds") or {}).get(name, 0.5)) for name in names},
        )

    def covers(self, key: str) -> bool:
        """Say whether the file speaks of the document ``source/id``."""
        return key in self._units or key.partition("/")[2] in self._units

    def score_document(self, document: Document) -> ArticleScore:
        """Return what the file says of these units.

        Raises:
            DataError: the file has no such article, or not the units of the gold.
        """
        article = document.article
        units = self._units.get(article.id)
        if units is None:
            clash = [key for key in self._units if key.partition("/")[2] == article.id]
            if not clash:
                raise DataError(str(self.path), f"no article {article.id!r}", "all that are judged")
            units = self._units[clash[0]]
        scored = []
        for sentence in document.sentences:
            labels = units.get((sentence.field, sentence.start, sentence.end))
            if labels is None and sentence.kind != "credit":
                raise DataError(
                    f"{self.path}, article {article.id}",
                    "no unit with these offsets",
                    f"{sentence.field} {sentence.start}..{sentence.end}, as annotated",
                    "Score the annotated units, not another segmenter's.",
                )
            blank = {name: LabelScore(0.0, False) for name in load_schema().names}
            scored.append(SentenceScore(sentence, labels or blank))
        return ArticleScore(
            article.id, article.title, "", tuple(scored), {}, self.info, (), article
        )


def _score(row: _LabelRow) -> LabelScore:
    probability = float(row.positive) if row.probability is None else row.probability
    cues = tuple(sorted(Cue(cue.start, cue.end, cue.device) for cue in row.cues))
    return LabelScore(probability, row.positive, cues, row.depth)


def platt_of(subject: Subject) -> FloatArray | None:
    """Return the subject's Platt slope and offset per label, (labels, 2); None without one.

    With it a calibrated probability can be turned back into what it was before calibration.
    """
    platt = getattr(getattr(subject, "model", None), "calibration", None)
    if platt is None:
        return None
    table = np.asarray(platt, dtype=np.float64)
    return table if table.shape == (len(load_schema().names), 2) else None
