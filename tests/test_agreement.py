"""Same model, same text: every way to a score gives the same numbers, to the last bit."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from classifier.batch import read_manifest, read_rows, run_batch
from classifier.batch.tables import PARTS
from classifier.records import Article
from classifier.rendering.jsonl import to_dict
from classifier.schema import load_schema
from classifier.scoring import Scorer
from tests.conftest import ROOT

pytest.importorskip("fastapi")

ARTICLES = (
    {
        "id": "port",
        "title": "Le port menacé, selon la presse",
        "heading": "Un témoin aurait vu les plans.",
        "text": "D'après Le Parisien, l’usine aurait brûlé. Le préfet menace de fermer le port. "
        "« Nous verrons », a dit un élu sous couvert d'anonymat.\nIl pleut.",
        "publisher": "La Gazette du Gué",
    },
    {"id": "emoji", "text": "🚢 Selon Reuters, qui cite l'agence Tass, rien n'est sûr."},
    {"id": "anglais", "title": "Rain", "text": "It rains on the harbour and nobody says why."},
    {"id": "accents", "title": "École", "text": "Si l'e\u0301cole ferme, nous répondrons. Et ?"},
)


def from_tables(directory: Path) -> dict[str, dict[str, Any]]:
    """Return the JSON object of each article, put together again from a batch directory."""

    def plain(value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    manifest = read_manifest(directory)
    assert manifest is not None
    sentences: dict[str, list[dict[str, Any]]] = {}
    for row in read_rows(directory, "sentences"):
        labels = {}
        for name in load_schema().names:
            found = {
                key: row[f"{name}_{key}"]
                for key in ("probability", "positive", "cues", "depth", "withdrawn")
                if f"{name}_{key}" in row
            }
            if not found["withdrawn"]:
                del found["withdrawn"]
            labels[name] = found
        own = {name: row[name] for name in ("index", "field", "start", "end", "kind", "text")}
        sentences.setdefault(row["key"], []).append({**own, "labels": labels})
    return {
        row["id"]: {
            **{name: row[name] for name in ("id", "title", "language", "warnings")},
            **{name: plain(row[name]) for name in PARTS if row[name] is not None},
            "summary": plain(row["summary"]),
            "sentences": sentences[row["key"]],
            "model": {**manifest.identity.model, "thresholds": manifest.identity.thresholds},
        }
        for row in read_rows(directory, "articles")
    }


def by_notebook(model: Path) -> dict[str, dict[str, Any]]:
    scorer = Scorer.load(model)
    scores = (scorer.score(Article(**one)) for one in ARTICLES)
    return {score.id: to_dict(score) for score in scores}


def by_command(model: Path, source: Path) -> dict[str, dict[str, Any]]:
    command = [sys.executable, "-m", "classifier", "score", str(source), "--format", "jsonl"]
    done = subprocess.run(
        [*command, "--model", str(model)], capture_output=True, check=True, cwd=ROOT
    )
    return {one["id"]: one for one in map(json.loads, done.stdout.splitlines())}


def by_api(model: Path) -> dict[str, dict[str, Any]]:
    from tests.serving.conftest import running

    with running("--model", str(model)) as server:
        answers = [server.score(one).json for one in ARTICLES]
    return {
        one["id"]: {name: value for name, value in one.items() if name != "request_id"}
        for one in answers
    }


def check_agreement(model: Path, folder: Path, engines: Sequence[str]) -> None:
    """Check that notebook, command, API and batch give one JSON for each article."""
    source = folder / "articles.jsonl"
    source.write_text("".join(json.dumps(one) + "\n" for one in ARTICLES), "utf-8")
    found = {"score": by_command(model, source), "api": by_api(model)}
    for engine in engines:
        for form in ("jsonl", "parquet"):
            output = folder / f"{engine}-{form}"
            run_batch([source], output, format=form, model=model, engine=engine, workers=1)
            found[f"{engine} {form}"] = from_tables(output)
    wanted = {one: json.dumps(score, sort_keys=True) for one, score in by_notebook(model).items()}
    assert set(wanted) == {one["id"] for one in ARTICLES}
    for way, scores in found.items():
        # JSON writes a float so that reading gives the same bits again.
        assert {k: json.dumps(v, sort_keys=True) for k, v in scores.items()} == wanted, way


@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.*")
def test_every_way_to_a_score_agrees(trained, tmp_path):
    trained[0].save(tmp_path / "model", name="small", version="1")
    engines = ["local", *(["ray"] if importlib.util.find_spec("ray") else [])]
    check_agreement(tmp_path / "model", tmp_path, engines)


def test_small_caches_change_no_bit(trained, monkeypatch):
    """What is remembered of words is forgotten at a bound; the scores do not show it."""
    texts = [Article(**{**one, "id": f"{one['id']}{n}"}) for n in range(3) for one in ARTICLES]
    model = trained[0]

    def scores() -> list[str]:
        model._made = model._lexicon = None
        scorer = Scorer(model, info(model), dict(info(model).thresholds))
        return [json.dumps(to_dict(scorer.score(one)), sort_keys=True) for one in texts]

    usual = scores()
    for stage in ("cues", "features", "feature_rows", "word_classes"):
        monkeypatch.setattr(f"classifier.models.{stage}._KNOWN_WORDS", 3)
    monkeypatch.setattr("classifier.text.first_words._KNOWN_WORDS", 3)
    assert scores() == usual


def info(model: Any) -> Any:
    from classifier.records import ModelInfo

    names = load_schema().names
    return ModelInfo(
        "small", "1", "0" * 64, dict(zip(names, map(float, model.thresholds), strict=True))
    )
