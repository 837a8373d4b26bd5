"""What training the default model costs: time, memory and, with stated assumptions, energy.

    python -m experiments.training_budget --json experiments/results/training.json

Trains it again in a temporary folder and checks that the same model comes out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from classifier.models.store import default_directory, open_model
from classifier.training import train

CONFIG = Path(__file__).parent / "default.toml"


def main() -> int:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    wall, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        trained = train(CONFIG, Path(folder) / "model", track=False)
        same = trained.files.sha256 == open_model(default_directory()).sha256
    figures = {
        "wall_s": round(time.perf_counter() - wall, 1),
        "cpu_s": round(time.process_time() - cpu, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "cores": os.cpu_count(),
        "same_model": same,
    }
    print(json.dumps(figures, indent=1))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
