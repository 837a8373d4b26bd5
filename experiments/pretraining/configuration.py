"""What a pretraining run is: read from one TOML file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from classifier.errors import DataError


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which articles are read.

    Attributes:
        source: a source of :mod:`classifier.corpus.sources`.
        before: first date (``2020-06-15``) whose articles are held out.
        similarity: in (0, 1]; Jaccard of word 5-grams from which an article is a near-duplicate.
        passages, passage_share: so many runs of eight words, and this share (0 to 1) of the
            shorter article's, make two articles share agency copy.
        probe: articles kept back to measure the encoder.
        reserved: file of held-out document keys, one a line, beside those of the split manifest;
            none when nothing is drawn for reading that may yet become validation.
    """

    source: str
    before: str
    similarity: float
    passages: int
    passage_share: float
    probe: int
    reserved: str | None = None


class Tokenizer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``vocabulary`` entries, special ones included, learned from ``articles`` drawn at random."""

    vocabulary: int
    articles: int


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes of the encoder, and where it begins.

    Attributes:
        positions: counts the two that RoBERTa's padding takes.
        offsets: the neighbour that each head of the first layer begins by looking at; none for
            plain random weights.
        gain: how sharply, in logits.
    """

    layers: int
    hidden: int
    heads: int
    intermediate: int
    positions: int
    offsets: tuple[int, ...] = ()
    gain: float = 3.0


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The run.

    Attributes:
        tokens: length of the run and of the schedule, in tokens read.
        length: tokens in a sequence; batch: sequences in a step.
        masked: share of tokens to predict, in (0, 1).
        matrix_rate: peak rate of Muon, for the layers' matrices.
        other_rate: peak rate of AdamW, for embeddings, norms and biases.
        warmup, decay: shares of the run in which rates rise from 0 and fall to 0, linearly.
        threads: of PyTorch.
        bf16: matrix products in bfloat16.
        checkpoint_minutes: between two checkpoints.
    """

    tokens: int
    length: int
    batch: int
    masked: float
    matrix_rate: float
    other_rate: float
    weight_decay: float
    warmup: float
    decay: float
    threads: int
    bf16: bool
    checkpoint_minutes: float

    @property
    def steps(self) -> int:
        """Return the number of steps in the run."""
        return max(1, self.tokens // (self.length * self.batch))


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is told of a run.

    Attributes:
        exposure: in (0, 1]; a held-out document of which this share stands in the text that was
            read counts as read.
        plain_log: log of a shorter run without ``offsets``, shown beside this one's if it is there.
        results: file that the figures of the whole run are written to.
    """

    exposure: float
    plain_log: str
    results: str


class Pretraining(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole pretraining run."""

    name: str
    licence: str
    folder: str
    seed: int
    text: Text
    tokenizer: Tokenizer
    model: Model
    training: Training
    report: Report

    @property
    def place(self) -> Path:
        """Return the folder that holds all that the run writes."""
        return Path(self.folder)


def read_configuration(path: Path) -> Pretraining:
    """Read a pretraining configuration.

    Raises:
        DataError: missing, broken, or out of range.
    """
    try:
        run = msgspec.toml.decode(path.read_bytes(), type=Pretraining)
    except OSError:
        raise DataError(str(path), "no file", "a pretraining configuration") from None
    except msgspec.DecodeError as error:
        raise DataError(str(path), str(error), "a pretraining configuration") from None
    training, model = run.training, run.model
    for what, good, expected in (
        ("text.similarity", 0 < run.text.similarity <= 1, "in (0, 1]"),
        ("report.exposure", 0 < run.report.exposure <= 1, "in (0, 1]"),
        ("training.masked", 0 < training.masked < 1, "in (0, 1)"),
        ("training.warmup + decay", 0 <= training.warmup + training.decay <= 1, "0 to 1"),
        ("training.length", 8 <= training.length <= model.positions - 2, "8 to positions - 2"),
        ("model.offsets", len(model.offsets) in (0, model.heads), "one for each head, or none"),
        ("model.hidden", model.hidden % model.heads == 0, "a multiple of heads"),
    ):
        if not good:
            raise DataError(f"{path}: {what}", "out of range", expected)
    return run
