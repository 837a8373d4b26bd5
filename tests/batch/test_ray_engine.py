"""What an actor of the Ray engine does by itself; Ray is not needed for it."""

from __future__ import annotations

import hashlib
import pickle
import sys
import types
from dataclasses import replace

import pytest

from classifier.batch import ray_engine
from classifier.batch.plan import Chunk, Item
from classifier.batch.ray_engine import ChunkScorer, fingerprint_code
from classifier.batch.work import Done, Job
from classifier.errors import CadrageError, DataError
from classifier.records import Article
from classifier.scoring import Scorer


@pytest.fixture(autouse=True)
def quiet(monkeypatch) -> None:
    """An actor settles its own process; this one has other tests to run."""
    monkeypatch.setattr(ray_engine, "settle_memory", lambda: None)
    monkeypatch.setattr(ray_engine, "THREADS", ())


@pytest.fixture(scope="module")
def job(model, tmp_path_factory) -> Job:
    sha256 = Scorer.load(model).info.sha256
    return Job(tmp_path_factory.mktemp("out"), model, {}, sha256, "jsonl", {})


def files(directory) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def ask(actor: ChunkScorer):
    item = Item(0, "a.jsonl", 1, "k" * 32, Article("a", "Selon le préfet, le port ferme."))
    (packed,) = actor({"chunk": [pickle.dumps(Chunk(0, "d", [item]))]})["result"]
    return pickle.loads(packed)


def test_an_actor_scores(job, model):
    done, contents = ask(ChunkScorer(job, files(model), fingerprint_code()))
    assert isinstance(done, Done)
    assert (done.articles, done.rejects) == (1, [])
    assert {one.name: one.sha256 for one in done.shards} == {
        name: hashlib.sha256(content).hexdigest() for name, content in contents.items()
    }


def test_an_actor_with_another_package_answers_with_the_error(job, model):
    error = ask(ChunkScorer(job, files(model), "of another version"))
    assert isinstance(error, CadrageError)
    assert "a node of the cluster: found another version" in str(error)


def test_an_actor_with_another_model_answers_with_the_error(job, model):
    error = ask(ChunkScorer(replace(job, sha256="ab" * 32), files(model), fingerprint_code()))
    assert isinstance(error, CadrageError)
    assert "changed during the run" in str(error)


def test_a_cluster_that_cannot_be_joined_is_told_as_such(job, monkeypatch):
    """Not as a fault of the disk, though Ray's error is an ``OSError``."""
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.7:6379")
    away = types.ModuleType("ray")
    away.is_initialized = lambda: False

    def init(**_):
        raise ConnectionError("Failed to connect")

    away.init = init
    monkeypatch.setitem(sys.modules, "ray", away)
    monkeypatch.setitem(sys.modules, "ray.data", types.ModuleType("ray.data"))
    with (
        pytest.raises(
            DataError, match=r"192\.0\.2\.7:6379: found Failed to connect.*RAY_AUTH_MODE"
        ),
        ray_engine.RayEngine(job, None),
    ):
        pass


def test_every_file_of_the_package_counts(tmp_path, monkeypatch):
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__init__.py").write_text("")
    monkeypatch.setattr("classifier.__file__", str(tmp_path / "__init__.py"))
    first = fingerprint_code()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert fingerprint_code() == first
    (tmp_path / "cues.toml").write_text("a")
    second = fingerprint_code()
    (tmp_path / "cues.toml").write_text("b")
    assert len({first, second, fingerprint_code()}) == 3
