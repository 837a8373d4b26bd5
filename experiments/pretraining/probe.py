"""Does it learn? Masked tokens guessed in articles that pretraining has not read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from experiments.pretraining.configuration import Pretraining
from experiments.pretraining.objective import Tokens, mask_tokens, masked_logits
from experiments.pretraining.preparation import Prepared

if TYPE_CHECKING:
    from transformers import CamembertForMaskedLM

_BATCH = 64


def guess_unigram(training: npt.NDArray[np.uint16], targets: Tokens, size: int) -> dict[str, float]:
    """Return accuracy and loss (nats) of guessing by how often a token stands in training text."""
    counts = np.bincount(training.reshape(-1), minlength=size) + 1.0
    shares = counts / counts.sum()
    return {
        "accuracy": float(np.mean(targets == counts.argmax())),
        "loss": float(-np.log(shares[targets]).mean()),
    }


def measure_model(
    model: CamembertForMaskedLM, prepared: Prepared, share: float, seed: int
) -> dict[str, Any]:
    """Return accuracy (0 to 1) and loss (nats) at the masked places of the probe articles.

    Every probe sequence is read once; masks follow from ``seed``, so two models meet the same ones.
    """
    import torch

    model.eval()
    right: list[bool] = []
    losses: list[float] = []
    seen: list[int] = []
    for start in range(0, len(prepared.probe), _BATCH):
        batch = mask_tokens(
            prepared.probe[start : start + _BATCH], share, prepared.words, (seed, 3, start)
        )
        with torch.no_grad():
            logits = masked_logits(model, batch).float()
        targets = torch.from_numpy(batch.targets)
        loss = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
        losses += loss.tolist()
        right += (logits.argmax(-1) == targets).tolist()
        seen += batch.targets.tolist()
    return {
        "masked_tokens": len(right),
        "accuracy": float(np.mean(right)),
        "loss": float(np.mean(losses)),
        "unigram": guess_unigram(prepared.training[:, 1:-1], np.array(seen), prepared.words.size),
    }


def measure(run: Pretraining, prepared: Prepared) -> dict[str, Any]:
    """Measure the newest export, weights in half precision, and note it in the run's folder."""
    from transformers import CamembertForMaskedLM

    from experiments.pretraining.export import export_folder

    model = CamembertForMaskedLM.from_pretrained(export_folder(run), dtype="float32")
    found = measure_model(model, prepared, run.training.masked, run.seed)
    (run.place / "probe.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return found
