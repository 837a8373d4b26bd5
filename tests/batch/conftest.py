from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.batch.samples import SerialEngine


@pytest.fixture(scope="session")
def model(trained, tmp_path_factory) -> Path:
    """A small linear model's directory."""
    directory = tmp_path_factory.mktemp("model") / "small"
    trained[0].save(directory, name="small", version="1")
    return directory


@pytest.fixture
def serial(monkeypatch) -> None:
    """Score in this process instead of in workers."""
    monkeypatch.setattr("classifier.batch.run.LocalEngine", SerialEngine)


# The cluster test needs the extra `ray` (700 MB): `make test-ray` runs it in its own environment.
collect_ignore = [] if importlib.util.find_spec("ray") else ["test_ray.py"]
