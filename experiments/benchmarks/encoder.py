"""Speed of exported encoders beside transformers' pipeline, in one run on one machine.

    python -m experiments.benchmarks.encoder [--json OUT] [--rounds N] [--articles N] …

Weights are random, of the size of CamemBERT-base and of the project's small encoder: speed does
not depend on what they hold. Text: the sentences of the written corpus, which is in the repository.
The pipeline takes one sentence at a time on one thread; the exported networks run as
``camembert-onnx`` does, int8, one single-threaded process a core. They take turns, and what counts
is the median ratio of wall time: machines are shared and noisy. Sentences per second of processor
time stand beside it; those do not depend on what else runs. ``experiments.documents`` writes the
figures of ``experiments/results/encoder-speed.json`` into ``docs/camembert.md``. Needs the extra
``camembert``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.corpus.dataset import Document, units
from classifier.corpus.sources import load_text
from classifier.models.store import package_versions
from classifier.text.segmentation import segment
from experiments.machine import describe_processor

SIZES = {"base": (768, 12, 12, 32_005), "small": (256, 4, 4, 16_000)}
"""Name → width, layers, attention heads, words of the vocabulary."""
GOALS = {"base": 5.0, "small": 100.0}

_state: dict[str, Any] = {}


@dataclass(frozen=True)
class Subject:
    """One size: the pipeline on its weights, and the directory of its export."""

    pipeline: Any
    directory: Path


def train_tokenizer(texts: Sequence[str]) -> Any:
    """Return a tokenizer of CamemBERT's kind, trained on the text at hand."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        texts,
        trainers.UnigramTrainer(
            vocab_size=8000, special_tokens=special, unk_token="<unk>", show_progress=False
        ),
    )
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>", model_max_length=512
    )


def build(name: str, tokenizer: Any, folder: Path) -> Subject:
    """Make a network with random weights, its pipeline, and its int8 export."""
    import torch
    from transformers import CamembertConfig, CamembertForSequenceClassification, pipeline

    from classifier.models.base import label_count
    from classifier.models.camembert.export import quantize, write_graph
    from classifier.models.camembert.model import CamembertModel
    from classifier.models.camembert.network import build_network
    from classifier.models.camembert.settings import InputSettings
    from classifier.models.onnx import OnnxModel

    width, layers, heads, words = SIZES[name]
    torch.manual_seed(20261122)
    configuration = CamembertConfig(
        vocab_size=words,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
        max_position_embeddings=514,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        type_vocab_size=1,
        num_labels=label_count(),
    )
    classifier = CamembertForSequenceClassification(configuration).eval()
    inputs = InputSettings(0, 256, False, False, begin=0, separator=2, pad=1)
    source = tokenizer.backend_tokenizer.to_str().encode()
    model = CamembertModel(
        inputs=inputs,
        tokenizer_source=source,
        network=build_network(classifier.roberta, inputs, pooling="mean").eval(),
    )
    large, small = folder / f"{name}.onnx", folder / f"{name}-int8.onnx"
    write_graph(model, large)
    quantize(large, small)
    large.unlink()
    directory = folder / name
    OnnxModel(inputs=inputs, tokenizer_source=source, graph=small).save(
        directory, name=name, version="random"
    )
    naive = pipeline(
        "text-classification",
        model=classifier,
        tokenizer=tokenizer,
        device="cpu",
        function_to_apply="sigmoid",
        top_k=None,
    )
    return Subject(naive, directory)


def open_models(directories: dict[str, Path]) -> None:
    """Load every model in a worker, and run each once."""
    from classifier.models.families import load_model
    from classifier.records import Article

    article = Article(id="warm", text="Le pont est fermé.")
    document = Document(article, segment(article))
    for name, directory in directories.items():
        _state[name] = load_model(directory)[0]
        _state[name].predict_proba([document])


Done = tuple[int, float]
"""Sentences, and the processor time that they took, in seconds."""


def score(work: tuple[str, list[Document]]) -> Done:
    """Score documents in a worker."""
    name, documents = work
    begun = time.process_time()
    sentences = len(_state[name].predict_proba(documents))
    return sentences, time.process_time() - begun


def timed(work: Callable[[], Done]) -> tuple[float, float]:
    """Return sentences per second of wall time, and of processor time."""
    begun = time.perf_counter()
    sentences, busy = work()
    return sentences / (time.perf_counter() - begun), sentences / busy


def measure(
    processes: int, rounds: int, naive_sentences: int, most: int | None = None
) -> dict[str, Any]:
    """Build both sizes, let the three take turns, and return rates and ratios.

    Args:
        most: articles to score; all when None.
    """
    import torch
    from transformers.utils import logging

    load = os.getloadavg()[0]
    logging.set_verbosity_error()
    torch.set_num_threads(1)
    articles = list(load_text("written").values())[:most]
    documents = [Document(article, segment(article)) for article in articles]
    texts = [unit.text for unit in units(documents)]
    # As many sentences as the pipeline manages in a few seconds, drawn evenly from all.
    few = texts[:: max(1, len(texts) // naive_sentences)]
    tokenizer = train_tokenizer(texts)
    lengths = [len(tokenizer(text)["input_ids"]) for text in texts]
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in ("pipeline", *SIZES)}
    with tempfile.TemporaryDirectory(prefix="cadrage-") as folder:
        subjects = {name: build(name, tokenizer, Path(folder)) for name in SIZES}
        naive = subjects["base"].pipeline
        directories = {name: one.directory for name, one in subjects.items()}
        sizes = {
            name: sum(file.stat().st_size for file in directory.iterdir())
            for name, directory in directories.items()
        }
        chunks = [documents[start : start + 8] for start in range(0, len(documents), 8)]

        def one_by_one() -> Done:
            begun = time.process_time()
            for text in few:
                naive(text)
            return len(few), time.process_time() - begun

        context = multiprocessing.get_context("spawn")
        with context.Pool(processes, open_models, (directories,)) as pool:

            def all_of(name: str) -> Done:
                parts = list(pool.imap_unordered(score, [(name, chunk) for chunk in chunks]))
                return sum(count for count, _ in parts), sum(busy for _, busy in parts)

            one_by_one()
            for name in SIZES:
                all_of(name)
            for _ in range(rounds):
                rates["pipeline"].append(timed(one_by_one))
                for name in SIZES:
                    rates[name].append(timed(lambda name=name: all_of(name)))
    return {
        "sentences": len(texts),
        "tokens_per_sentence": statistics.mean(lengths),
        "pipeline_sentences": len(few),
        "processes": processes,
        "rounds": rounds,
        "load_before": load,
        "processor": describe_processor(),
        "cores": os.cpu_count(),
        "versions": package_versions("torch", "transformers", "tokenizers", "onnxruntime"),
        "bytes": sizes,
        "sentences_per_s": {name: _median(values, 0) for name, values in rates.items()},
        "sentences_per_cpu_s": {name: _median(values, 1) for name, values in rates.items()},
        "rounds_wall_and_cpu": rates,
        "ratio_to_pipeline": {
            name: statistics.median(
                fast / slow
                for (fast, _), (slow, _) in zip(rates[name], rates["pipeline"], strict=True)
            )
            for name in SIZES
        },
        "goals": GOALS,
    }


def _median(values: Sequence[tuple[float, float]], place: int) -> float:
    return statistics.median(value[place] for value in values)


def render_figures(found: dict[str, Any]) -> str:
    """Return the figures of a results file as Markdown."""
    rates, busy = found["sentences_per_s"], found["sentences_per_cpu_s"]
    rows = [
        f"| ONNX int8, {name} size, {found['processes']} processes | {rates[name]:,.1f} | "
        f"{busy[name]:,.1f} | {found['ratio_to_pipeline'][name]:.1f} | {found['goals'][name]:.0f} |"
        for name in found["goals"]
    ]
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return "\n".join(
        [
            f"{found['sentences']:,} sentences of {found['tokens_per_sentence']:.0f} tokens on "
            f"average, median of {found['rounds']} rounds in turn; {found['processor']}, "
            f"{found['cores']} cores, shared (load {found['load_before']:.1f} before); {versions}.",
            "",
            "| | sentences/s | per second of processor time | times the pipeline | asked |",
            "|---|---:|---:|---:|---:|",
            f"| `transformers.pipeline`, base size, one sentence at a time | "
            f"{rates['pipeline']:,.1f} | {busy['pipeline']:,.1f} | 1 | |",
            *rows,
        ]
    )


def main() -> None:
    """Measure, print a table, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--naive-sentences", type=int, default=40)
    parser.add_argument("--articles", type=int, help="score so many articles; default: all")
    options = parser.parse_args()
    found = measure(options.processes, options.rounds, options.naive_sentences, options.articles)
    rates, ratios = found["sentences_per_s"], found["ratio_to_pipeline"]
    print(
        f"{found['sentences']:,} sentences of {found['tokens_per_sentence']:.0f} tokens; load "
        f"{found['load_before']:.1f}\n"
        f"pipeline, base size, one at a time : {rates['pipeline']:8.1f} sentences/s"
    )
    busy = found["sentences_per_cpu_s"]
    for name in SIZES:
        print(
            f"int8, {name:5s} size, {options.processes} processes    : {rates[name]:8.1f} "
            f"sentences/s, {ratios[name]:6.1f} times the pipeline (goal: {GOALS[name]:.0f}); "
            f"per second of processor time {busy[name]:.1f} to {busy['pipeline']:.1f}"
        )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
