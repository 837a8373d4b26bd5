"""Many articles: streamed, resumed, nothing twice and nothing missing; here or on Ray.

``classifier.batch.run`` is the way through; see ``docs/batch.md`` for what a directory holds.
"""

from __future__ import annotations

from classifier.batch.layout import Identity, InputFile, Manifest, Shard, read_inputs, read_manifest
from classifier.batch.reading import read_rows
from classifier.batch.run import BatchReport, run_batch

__all__ = [
    "BatchReport",
    "Identity",
    "InputFile",
    "Manifest",
    "Shard",
    "read_inputs",
    "read_manifest",
    "read_rows",
    "run_batch",
]
