"""Does pretraining matter? The same network, fine-tuned from these weights and from random ones.

Both start from a folder of the same layout, so that nothing but the weights differs: the data, the
settings, the seeds and the number of epochs are the same. Figures are on validation alone, and
there on documents that pretraining has not read.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from classifier.schema import load_schema
from classifier.training import Corpus, load_corpus, read_experiment, untrained
from experiments.pretraining.configuration import STARTS, Pretraining
from experiments.pretraining.export import export_folder, export_model
from experiments.pretraining.exposure import measure_exposure
from experiments.pretraining.preparation import Prepared, tokenizer_folder

if TYPE_CHECKING:
    from classifier.models.camembert.model import CamembertModel


def prepare_start(run: Pretraining, prepared: Prepared, start: str) -> Path:
    """Return the folder of the weights to start from; random ones as pretraining began."""
    if start == "pretrained":
        return export_folder(run)
    folder = run.place / "random"
    if not folder.exists():
        from experiments.pretraining.loop import build_model

        export_model(build_model(run.model, prepared.words, run.seed), run, folder)
    return folder


def leave_out_read(run: Pretraining, prepared: Prepared, corpus: Corpus) -> Corpus:
    """Return the corpus with the validation documents alone that the encoder has not read."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder(run))
    articles = [one.article for one in corpus.validation.documents]
    shares = measure_exposure(articles, prepared.training, tokenizer)
    unread = np.flatnonzero(shares < run.comparison.exposure).tolist()
    return dataclasses.replace(corpus, validation=corpus.validation.select(unread))


def score_validation(model: CamembertModel, corpus: Corpus) -> dict[str, Any]:
    """Return average precision on validation, per label and its mean over those that it shows.

    In [0, 1]; no threshold is chosen. A random ranking reaches the share of positives.
    """
    from sklearn.metrics import average_precision_score

    keep = corpus.validation.scorable()
    gold = corpus.validation.gold[keep]
    scores = model.raw_scores(corpus.validation.documents)[keep]
    labels = {
        name: {
            "average_precision": float(average_precision_score(gold[:, column], scores[:, column])),
            "positives": int(gold[:, column].sum()),
        }
        for column, name in enumerate(load_schema().names)
        if gold[:, column].any()
    }
    mean = float(np.mean([one["average_precision"] for one in labels.values()]))
    return {"macro_average_precision": mean, "labels": labels}


def fine_tune_once(
    run: Pretraining, corpus: Corpus, base: Path, seed: int, rate: float
) -> dict[str, Any]:
    """Fine-tune from ``base`` and return the figures, the course of it and the wall minutes."""
    import torch

    from classifier.models.course import Course

    torch.set_num_threads(run.training.threads)
    path = Path(run.comparison.experiment)
    experiment = read_experiment(path)
    settings = (
        experiment.settings
        | run.comparison.settings
        | {
            "base": str(base),
            "seed": seed,
            "learning_rate": rate,
        }
    )
    model: Any = untrained(msgspec.structs.replace(experiment, settings=settings), path)()
    course: list[dict[str, float]] = []

    def watch(step: int, figures: dict[str, float]) -> None:
        if "validation.macro_f1" in figures:
            course.append({"step": step, "macro_f1": figures["validation.macro_f1"]})

    model.course = Course(watch=watch)
    began = time.perf_counter()
    # In one context autocast would keep its first copies of the weights, and not see them learn.
    with torch.autocast("cpu", torch.bfloat16, enabled=run.training.bf16, cache_enabled=False):
        model.fit(corpus.train, corpus.validation)
    minutes = (time.perf_counter() - began) / 60
    figures = score_validation(model, corpus)
    return {
        "seed": seed,
        "rate": rate,
        "base_sha256": model.facts.base_sha256,
        # Of the best epoch, each label at its best threshold, as the trainer chooses what it keeps.
        "macro_f1": max(one["macro_f1"] for one in course),
        **figures,
        "course": course,
        "minutes": round(minutes, 2),
    }


def compare(
    run: Pretraining, prepared: Prepared, *, data: Path, starts: tuple[str, ...] = STARTS
) -> None:
    """Fine-tune from each start with each seed; a run that was done before is not done again.

    One that was done with other splits or settings is done anew.
    """
    folder = run.place / "compared"
    folder.mkdir(parents=True, exist_ok=True)
    experiment = read_experiment(Path(run.comparison.experiment))
    whole = load_corpus(data, experiment.sources)
    corpus = leave_out_read(run, prepared, whole)
    documents = len(corpus.validation.documents)
    conditions = {
        "splits_sha256": corpus.manifest.sha256,
        "settings": run.comparison.settings,
        "train_sentences": len(corpus.train),
        "validation_sentences": len(corpus.validation),
        "validation_documents": documents,
        "validation_documents_read": len(whole.validation.documents) - documents,
    }
    bases = {start: prepare_start(run, prepared, start) for start in starts}
    for seed, rate, start in itertools.product(run.comparison.seeds, run.comparison.rates, starts):
        path = folder / f"{start}-{rate:g}-{seed}.json"
        if path.exists() and _holds(path, conditions):
            continue
        tuned = fine_tune_once(run, corpus, bases[start], seed, rate)
        found = {"start": start, **conditions, **tuned}
        path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        print(start, rate, seed, f"{found['macro_f1']:.4f} {found['minutes']} min", flush=True)


def _holds(path: Path, conditions: dict[str, Any]) -> bool:
    done = json.loads(path.read_text("utf-8"))
    return all(done.get(name) == value for name, value in conditions.items())
