"""Speed of the default model, side by side with named alternatives in one run.

    python -m experiments.benchmarks.speed [--json OUT] [--repeats N]

Machines are shared and noisy: each figure is the median of several alternating runs, and what
counts is the ratio. Needs the extra ``train`` (the alternatives are scikit-learn's).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from classifier.corpus.dataset import label_documents, load_gold
from classifier.corpus.sources import load_text
from classifier.corpus.splits import read_splits
from classifier.errors import DataError
from classifier.models.features import view_document
from classifier.models.linear import LinearModel
from classifier.models.linear_training import LinearSettings, train_linear
from classifier.records import Article
from classifier.scoring import Scorer
from classifier.text.segmentation import segment
from experiments.figures import ROOT, SEED


def time_process(command: list[str]) -> float:
    """Return the wall time of a whole process, in seconds."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - begun


def cold_start(repeats: int) -> dict[str, float]:
    """Time ``cadrage score`` on the seed against importing scikit-learn, in turn."""
    ours, theirs = [], []
    score = [sys.executable, "-m", "classifier", "score", str(SEED), "--format", "jsonl"]
    other = [sys.executable, "-c", "import sklearn.linear_model"]
    for command in (score, other):
        time_process(command)
    for _ in range(repeats):
        ours.append(time_process(score))
        theirs.append(time_process(other))
    return {
        "score_seed_s": statistics.median(ours),
        "import_sklearn_s": statistics.median(theirs),
        "ratio": statistics.median(a / b for a, b in zip(ours, theirs, strict=True)),
    }


def real_articles(limit: int) -> tuple[str, list[Article]]:
    """Return articles to score: OrangeSum where it has been fetched, else the written corpus."""
    for source in ("orangesum", "written"):
        try:
            articles = list(load_text(source).values())
        except DataError:
            continue
        return source, articles[:limit]
    raise SystemExit("no text to score")


def batch(repeats: int) -> dict[str, Any]:
    """Measure sentences per second of CPU time, one process, whole scoring path."""
    source, articles = real_articles(800)
    scorer = Scorer.load()
    for article in articles[:50]:
        scorer.score(article)
    rates = []
    sentences = 0
    for _ in range(repeats):
        begun = time.process_time()
        sentences = sum(len(scorer.score(article).sentences) for article in articles)
        rates.append(sentences / (time.process_time() - begun))
    return {
        "text": source,
        "articles": len(articles),
        "sentences": sentences,
        "sentences_per_s": statistics.median(rates),
    }


def one_sentence(repeats: int) -> dict[str, float]:
    """Time one sentence through the numpy scorer and through the scikit-learn pipeline."""
    manifest = read_splits(ROOT / "data" / "splits.json")
    annotated = load_gold(ROOT / "data", ["written"])
    parts = [
        label_documents(one for one in annotated if manifest.assignment[one.document.key] == split)
        for split in ("train", "validation")
    ]
    model = LinearModel()
    pipeline = train_linear(model, LinearSettings(), *parts)
    article = Article(id="one", text="Selon Reuters, le navire aurait coulé au large du port.")
    from classifier.corpus.dataset import Document

    document = Document(article, segment(article))
    views = view_document(document, model.lexicon)
    ours, theirs = [], []
    for _ in range(repeats * 20):
        begun = time.perf_counter()
        model.probabilities(views)
        middle = time.perf_counter()
        pipeline.predict_proba(views)
        ours.append(middle - begun)
        theirs.append(time.perf_counter() - middle)
    return {
        "numpy_ms": statistics.median(ours) * 1e3,
        "sklearn_ms": statistics.median(theirs) * 1e3,
        "ratio": statistics.median(b / a for a, b in zip(ours, theirs, strict=True)),
    }


def main() -> None:
    """Run all three and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    cold = cold_start(options.repeats)
    rate = batch(options.repeats)
    single = one_sentence(options.repeats)
    print(
        f"cold start, seed article : {cold['score_seed_s']:.2f} s; import sklearn.linear_model "
        f"{cold['import_sklearn_s']:.2f} s; ratio {cold['ratio']:.2f} (goal: below 1)\n"
        f"one process, {rate['text']:9s}   : {rate['sentences_per_s']:,.0f} sentences/s of CPU "
        f"time over {rate['sentences']:,} sentences (goal: 5,000)\n"
        f"one sentence             : numpy {single['numpy_ms']:.3f} ms, scikit-learn pipeline "
        f"{single['sklearn_ms']:.3f} ms; {single['ratio']:.1f} times faster (goal: 8)"
    )
    if options.json:
        model = Scorer.load().info.sha256
        figures = {"model": model, "cold_start": cold, "batch": rate, "one_sentence": single}
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
