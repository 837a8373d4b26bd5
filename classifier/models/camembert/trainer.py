"""Fine-tuning with transformers' Trainer: what is learned, in which order, and when it stops."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch.optim import AdamW
from transformers import (
    EarlyStoppingCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from classifier.corpus.annotations import file_hash
from classifier.corpus.dataset import Gold, LabelledDocuments
from classifier.errors import UsageError
from classifier.models.calibration import Scores, choose_thresholds, sigmoid
from classifier.models.camembert.examples import (
    ByLength,
    Collator,
    Example,
    make_examples,
    make_soft_examples,
)
from classifier.models.camembert.model import CamembertModel, NetworkFacts
from classifier.models.camembert.network import (
    best_device,
    build_network,
    parameter_groups,
    positive_weights,
)
from classifier.models.camembert.settings import CamembertSettings
from classifier.models.camembert.weights import Base, find_base, load_encoder
from classifier.models.course import Course, Watch

COMPLETE = "complete"
"""The file that a checkpoint gets when all of it is on disk."""


def macro_f1(scores: Scores, gold: Gold) -> float:
    """Return F1 averaged over the labels that the gold shows, each at its best threshold.

    Args:
        scores: raw, shape (n, labels).
    """
    probabilities = sigmoid(scores.astype(np.float64))
    decided = probabilities >= choose_thresholds(probabilities, gold)
    hits = (decided & gold).sum(axis=0)
    both = decided.sum(axis=0) + gold.sum(axis=0)
    shown = gold.any(axis=0)
    return float(np.mean(2 * hits[shown] / both[shown])) if shown.any() else math.nan


class _ByLengthTrainer(Trainer):  # type: ignore[misc]
    """The Trainer, with batches of like length."""

    def _get_train_sampler(self, train_dataset: Any = None) -> ByLength:
        lengths = [len(one.row.ids) for one in self.train_dataset]
        return ByLength(lengths, self.args.train_batch_size, self.args.seed)


class _Bar(ProgressCallback):  # type: ignore[misc]
    """The progress bar alone: figures go to who watches."""

    def on_log(self, *_: Any, **__: Any) -> None:
        """Print nothing between the bars."""


class _Watcher(TrainerCallback):  # type: ignore[misc]
    """Hands figures on as they come, and marks checkpoints that are whole."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell again what was seen before the training was interrupted."""
        for entry in state.log_history:
            self.watch(int(entry["step"]), _figures(entry))

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **more: Any) -> None:
        """Pass on losses, validation scores and the rates of the lowest and highest layer."""
        figures = _figures(logs or {})
        if "train.loss" in figures and more.get("optimizer") is not None:
            rates = [float(group["lr"]) for group in more["optimizer"].param_groups]
            figures |= {"rate.lowest": min(rates), "rate.highest": max(rates)}
        if figures:
            self.watch(int(state.global_step), figures)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Mark the checkpoint."""
        (Path(args.output_dir) / f"checkpoint-{state.global_step}" / COMPLETE).touch()


_NAMES = {
    "loss": "train.loss",
    "grad_norm": "train.gradient",
    "epoch": "train.epoch",
    "eval_loss": "validation.loss",
    "eval_macro_f1": "validation.macro_f1",
}


def _figures(logs: Mapping[str, Any]) -> dict[str, float]:
    found = {ours: float(logs[theirs]) for theirs, ours in _NAMES.items() if theirs in logs}
    return found if len(found) > 1 else {}  # the last entry has an epoch alone


def fine_tune(
    model: CamembertModel,
    settings: CamembertSettings,
    train: LabelledDocuments,
    validation: LabelledDocuments,
) -> None:
    """Fill a model with a fine-tuned network, its calibration and thresholds.

    Raises:
        UsageError: no base, or checkpoints of another training.
        ModelError: the base is damaged.
    """
    base = find_base(settings.base, settings.revision)
    model.inputs, model.tokenizer_source = base.inputs(settings), base.tokenizer_source
    model.__dict__.pop("reader", None)
    set_seed(settings.seed)
    encoder = load_encoder(base, settings.encoder_dropout)
    model.facts = NetworkFacts(
        encoder.config.to_diff_dict(),
        settings.pooling,
        settings.base,
        settings.revision,
        base.sha256,
    )
    network = build_network(
        encoder,
        model.inputs,
        pooling=settings.pooling,
        dropout=settings.dropout,
        token_weight=settings.token_weight,
    )
    examples, held = make_examples(model, train), make_examples(model, validation)
    model.course.watch(
        0,
        {
            f"{part}.{name}": float(sum(getattr(one.row, name) for one in some))
            for part, some in (("train", examples), ("validation", held))
            for name in ("truncated", "shortened")
        },
    )
    gold = np.stack([one.labels for one in examples])
    network.label_weights = positive_weights(list(gold.mean(axis=0)), settings.balance)
    if settings.token_head:
        shown = np.concatenate(
            [one.marks[slice(*one.row.own)] for one in examples if one.marks is not None]
        )
        network.token_weights = positive_weights(list(shown.mean(axis=0)), settings.balance)
    if soft := make_soft_examples(model, settings):
        examples += soft
        digest = file_hash(Path(settings.soft))
        model.facts = msgspec.structs.replace(model.facts, soft_sha256=digest)
    with _folder(model.course, _fingerprint(settings, base, examples, held)) as (folder, resume):
        trainer = _trainer(network, settings, model, examples, held, folder)
        with _fast_attention(network.encoder):
            trainer.train(
                resume_from_checkpoint=str(resume) if resume else None,
                ignore_keys_for_eval=["token_logits"],
            )
    model.network = network.to(best_device()).eval()
    model.choose(model.raw_scores(validation.documents), validation)


def _trainer(
    network: Any,
    settings: CamembertSettings,
    model: CamembertModel,
    examples: list[Example],
    held: list[Example],
    folder: Path,
) -> Trainer:
    batches = math.ceil(len(examples) / settings.batch)
    steps = math.ceil(batches / settings.accumulation)
    every = max(1, math.ceil(steps / settings.evaluations))
    device = best_device()
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=32,
        gradient_accumulation_steps=settings.accumulation,
        num_train_epochs=settings.epochs,
        lr_scheduler_type="linear",
        warmup_steps=round(settings.warmup * steps * settings.epochs),
        max_grad_norm=1.0,
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=3,
        load_best_model_at_end=True,
        metric_for_best_model="macro_f1",
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,
        logging_steps=max(1, every // 4),
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=not model.course.progress,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=False,
        seed=settings.seed,
        use_cpu=device.type == "cpu",
        **precision_of(settings.precision, device),
    )
    optimizer = AdamW(
        parameter_groups(
            network,
            learning_rate=settings.learning_rate,
            head_rate=settings.head_rate,
            layer_decay=settings.layer_decay,
            weight_decay=settings.weight_decay,
        ),
        # One pass over the weights: with batches as small as these it is a third of the time.
        fused=True,
    )
    kind = _ByLengthTrainer if settings.by_length else Trainer
    trainer = kind(
        model=network,
        args=arguments,
        data_collator=Collator(model.reader.settings.pad, weighted=bool(settings.soft)),
        train_dataset=examples,
        # Like lengths together: less padding, and the order does not touch the score.
        eval_dataset=sorted(held, key=lambda one: len(one.row.ids)),
        compute_metrics=lambda seen: {
            "macro_f1": macro_f1(seen.predictions, seen.label_ids.astype(bool))
        },
        callbacks=[
            EarlyStoppingCallback(early_stopping_patience=settings.patience),
            _Watcher(model.course.watch),
        ],
        optimizers=(optimizer, None),
    )
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    if model.course.progress:
        trainer.add_callback(_Bar)
    return trainer


@contextlib.contextmanager
def _fast_attention(encoder: Any) -> Iterator[None]:
    """On a processor use plain attention: the fused kernel's way back is slow on short inputs."""
    kept = encoder.config._attn_implementation
    if best_device().type == "cpu":
        encoder.set_attn_implementation("eager")
    try:
        yield
    finally:
        encoder.set_attn_implementation(kept)


def precision_of(asked: str, device: torch.device) -> dict[str, bool]:
    """Return the Trainer's switches for a precision.

    Raises:
        UsageError: half precision is asked for and there is no GPU for it.
    """
    if asked == "float32":
        return {}
    if device.type != "cuda":
        if asked == "float16":
            expected = "'auto', 'float32' or 'bfloat16'"
            raise UsageError("settings: precision", f"{asked!r}, without a GPU", expected)
        return {"bf16": True} if asked == "bfloat16" else {}
    brain = asked == "bfloat16" or (asked == "auto" and torch.cuda.is_bf16_supported())
    return {"bf16": True} if brain else {"fp16": True}


def _fingerprint(
    settings: CamembertSettings, base: Base, examples: list[Example], held: list[Example]
) -> str:
    """Return a hash of all that decides where a training goes."""
    digest = hashlib.sha256(msgspec.json.encode([settings, base.sha256]))
    for one in (*examples, *held):
        digest.update(np.array(one.row.ids).tobytes() + one.labels.tobytes())
        digest.update(one.marks.tobytes() if one.marks is not None else b"")
        digest.update(np.float64(one.weight).tobytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _folder(course: Course, fingerprint: str) -> Iterator[tuple[Path, Path | None]]:
    """Yield the folder of the checkpoints, and the newest whole one if it is to be resumed."""
    if course.checkpoints is None:
        with tempfile.TemporaryDirectory(prefix="cadrage-") as temporary:
            yield Path(temporary), None
        return
    folder, mark = course.checkpoints.resolve(), course.checkpoints / "training.sha256"
    if not course.resume:
        shutil.rmtree(folder, ignore_errors=True)
    elif mark.is_file() and mark.read_text("ascii") != fingerprint:
        raise UsageError(
            str(course.checkpoints),
            "checkpoints of a training with other settings, data or base",
            "those of this one",
            "Train without --resume to begin anew.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(fingerprint, "ascii")
    whole: list[Path] = []
    for checkpoint in folder.glob("checkpoint-*"):
        if (checkpoint / COMPLETE).exists():
            whole.append(checkpoint)
        else:
            shutil.rmtree(checkpoint)  # the training was killed while it was written
    newest = max(whole, key=lambda one: int(one.name.partition("-")[2]), default=None)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    yield folder, newest
