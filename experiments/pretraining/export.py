"""The encoder as others read it: a folder that ``transformers`` opens without a network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.pretraining.configuration import Pretraining
from experiments.pretraining.objective import Vocabulary

if TYPE_CHECKING:
    from transformers import CamembertForMaskedLM

_DROPOUT = 0.1
_CARD = """# {run.name}

A French encoder in CamemBERT's architecture: {run.model.layers} layers of {run.model.hidden} units,
{run.tokenizer.vocabulary} pieces. Pretrained from nothing by masked-language modelling on
{run.text.source}, without articles from {run.text.before} on and without near-duplicates of
validation and test articles. Inputs of up to {run.training.length} tokens: later positions were not
trained.

Licence: {run.licence}, as the text it was made from. Made by: python -m experiments.pretraining.
"""


def export_folder(run: Pretraining) -> Path:
    """Return the folder of the newest export."""
    return run.place / "export"


def export_model(model: CamembertForMaskedLM, run: Pretraining, folder: Path | None = None) -> Path:
    """Write weights in half precision, configuration and tokenizer, and swap them in at once.

    The folder is a link to a numbered one, so that a reader never meets half of two exports.
    """
    import torch
    from safetensors.torch import save_file

    folder = folder or export_folder(run)
    fresh = folder.with_name(folder.name + ".part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    # The output layer's matrix is the embedding: it is tied, and stored once.
    weights = {
        name: weight.detach().to(torch.float16).contiguous()
        for name, weight in model.state_dict().items()
        if name not in ("lm_head.decoder.weight", "lm_head.decoder.bias")
        and weight.is_floating_point()
    }
    save_file(weights, fresh / "model.safetensors", metadata={"format": "pt"})
    (fresh / "model.safetensors").chmod(0o644)
    settings = model.config.to_dict()
    settings |= {
        "architectures": ["CamembertForMaskedLM"],
        # Fine-tuning reads few articles many times: it needs the dropout, pretraining did not.
        "hidden_dropout_prob": _DROPOUT,
        "attention_probs_dropout_prob": _DROPOUT,
        "dtype": "float16",
    }
    (fresh / "config.json").write_text(
        json.dumps(settings, indent=1, sort_keys=True) + "\n", "utf-8"
    )
    (fresh / "README.md").write_text(_CARD.format(run=run), "utf-8")
    for file in (run.place / "tokenizer").iterdir():
        shutil.copy2(file, fresh / file.name)
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return folder


def random_folder(run: Pretraining, words: Vocabulary) -> Path:
    """Return a folder of the weights that pretraining began with, made if it is not there."""
    folder = run.place / "random"
    if not folder.exists():
        from experiments.pretraining.loop import build_model

        export_model(build_model(run.model, words, run.seed), run, folder)
    return folder
