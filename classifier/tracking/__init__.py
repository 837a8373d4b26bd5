"""Tracked runs and registered models: the only home of mlflow.

What is worth logging is decided by training and evaluation; this package knows how. Nothing here
imports mlflow until a function is called, and a missing mlflow names its install command.

- :mod:`store`: where runs are kept, and a quiet, telemetry-free way into mlflow;
- :mod:`runs`: one tracked run, from ``started`` to ``completed``, ``failed`` or ``killed``;
- :mod:`registry`: model directories as logged models, their versions and aliases;
- :mod:`pyfunc_model`: the code that mlflow runs to serve a model; never imported from here.
"""

from __future__ import annotations

from classifier.tracking.registry import (
    TrackedModel,
    find_alias,
    load_model_directory,
    set_alias,
)
from classifier.tracking.runs import Run, RunRecord, runs, track
from classifier.tracking.store import StoreLocation, store_location

__all__ = [
    "Run",
    "RunRecord",
    "StoreLocation",
    "TrackedModel",
    "find_alias",
    "load_model_directory",
    "runs",
    "set_alias",
    "store_location",
    "track",
]
