"""The training loop: a schedule over tokens, checkpoints that a killed run is taken up from."""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from experiments.pretraining.configuration import Model, Pretraining, Training
from experiments.pretraining.export import export_model
from experiments.pretraining.initialisation import look_at_neighbours
from experiments.pretraining.objective import Vocabulary, draw_rows, mask_tokens, masked_loss

if TYPE_CHECKING:
    import torch
    from transformers import CamembertConfig, CamembertForMaskedLM

_LOG_STEPS = 25


def build_config(model: Model, words: Vocabulary, *, dropout: float) -> CamembertConfig:
    """Return the architecture; ``dropout`` in [0, 1)."""
    from transformers import CamembertConfig

    return CamembertConfig(
        vocab_size=words.size,
        hidden_size=model.hidden,
        num_hidden_layers=model.layers,
        num_attention_heads=model.heads,
        intermediate_size=model.intermediate,
        max_position_embeddings=model.positions,
        type_vocab_size=1,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        pad_token_id=1,
        bos_token_id=words.start,
        eos_token_id=words.end,
        layer_norm_eps=1e-5,
    )


def build_model(model: Model, words: Vocabulary, seed: int) -> CamembertForMaskedLM:
    """Return the model before pretraining; no dropout, as no token is read often."""
    import torch
    from transformers import CamembertForMaskedLM

    torch.manual_seed(seed)
    network = CamembertForMaskedLM(build_config(model, words, dropout=0.0))
    # On a processor, and at this length, the fused kernel's way back costs a quarter of the step.
    network.set_attn_implementation("eager")
    if model.offsets:
        look_at_neighbours(network, model.offsets, model.gain)
    return network


def rate_share(step: int, training: Training) -> float:
    """Return the share in (0, 1] of the peak rate at a step: up, level, down to 0, linearly."""
    done = (step + 1) / (training.steps + 1)
    up = done / training.warmup if training.warmup else 1.0
    down = (1 - done) / training.decay if training.decay else 1.0
    return min(1.0, up, down)


def build_optimizers(
    model: CamembertForMaskedLM, training: Training
) -> list[tuple[torch.optim.Optimizer, float]]:
    """Return Muon for the layers' matrices and AdamW for all else, each with its peak rate.

    Muon (K. Jordan et al., 2024) needs fewer tokens than AdamW, and tokens are what is dear here.
    """
    import torch

    matrices, rest = [], []
    for name, weight in model.named_parameters():
        layer = ".layer." in name and weight.ndim == 2
        (matrices if layer else rest).append(weight)
    decay = training.weight_decay
    return [
        (
            torch.optim.Muon(matrices, lr=training.matrix_rate, weight_decay=decay),
            training.matrix_rate,
        ),
        (
            torch.optim.AdamW(
                rest, lr=training.other_rate, betas=(0.9, 0.98), weight_decay=decay, fused=True
            ),
            training.other_rate,
        ),
    ]


class Run:
    """A pretraining run: model, optimizers, and how far it is.

    Attributes:
        step: steps done.
        seconds: wall time spent in steps, over all parts of the run.
        losses: of the steps since the log's last line.
    """

    def __init__(self, run: Pretraining, words: Vocabulary) -> None:
        self.settings = run
        self.words = words
        self.model = build_model(run.model, words, run.seed)
        self.optimizers = build_optimizers(self.model, run.training)
        self.step = 0
        self.seconds = 0.0
        self.losses: list[float] = []

    @property
    def tokens(self) -> int:
        """Return how many tokens were read."""
        return self.step * self.settings.training.batch * self.settings.training.length

    def advance(self, sequences: npt.NDArray[np.uint16]) -> float:
        """Take one step and return its loss in nats."""
        import torch

        training, seed = self.settings.training, self.settings.seed
        rows = draw_rows(len(sequences), training.batch, self.step, seed)
        batch = mask_tokens(sequences[rows], training.masked, self.words, (seed, 2, self.step))
        share = rate_share(self.step, training)
        for optimizer, peak in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = peak * share
        began = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=training.bf16):
            loss = masked_loss(self.model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer, _ in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.seconds += time.perf_counter() - began
        self.step += 1
        return float(loss.detach())

    def save(self, path: Path) -> None:
        """Write all that :meth:`load` needs, whole or not at all."""
        import torch

        state: dict[str, Any] = {
            "step": self.step,
            "seconds": self.seconds,
            "losses": self.losses,
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer, _ in self.optimizers],
        }
        part = path.with_name(path.name + ".part")
        with part.open("wb") as stream:
            torch.save(state, stream)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)

    def load(self, path: Path) -> None:
        """Take up the run where a checkpoint left it."""
        import torch

        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        for (optimizer, _), saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.seconds = state["step"], state["seconds"]
        self.losses = state["losses"]


def train(
    run: Pretraining,
    words: Vocabulary,
    sequences: npt.NDArray[np.uint16],
    *,
    resume: bool,
    stop_after: int | None = None,
) -> Run:
    """Pretrain to the end of the schedule, with a checkpoint and an export every few minutes.

    Args:
        sequences: shape (n_sequences, length).
        resume: take up from the folder's checkpoint where there is one.
        stop_after: stop at this step, for a trial.
    """
    import torch

    torch.set_num_threads(run.training.threads)
    state = Run(run, words)
    checkpoint = run.place / "checkpoint.pt"
    log = run.place / "log.jsonl"
    if resume and checkpoint.exists():
        state.load(checkpoint)
        _trim_log(log, state.step)
    else:
        log.unlink(missing_ok=True)
    state.model.train()
    saved, mark = time.perf_counter(), (state.step, state.seconds)
    last = run.training.steps if stop_after is None else min(stop_after, run.training.steps)
    while state.step < last:
        loss = state.advance(sequences)
        state.losses.append(loss)
        if not math.isfinite(loss):
            raise FloatingPointError(f"loss {loss} at step {state.step}: lower the rates")
        if state.step % _LOG_STEPS == 0 or state.step == run.training.steps:
            steps, seconds = state.step - mark[0], state.seconds - mark[1]
            line = {
                "step": state.step,
                "tokens": state.tokens,
                "loss": round(float(np.mean(state.losses)), 4),
                "tokens_per_second": round(steps * state.tokens / state.step / seconds, 1),
                "minutes": round(state.seconds / 60, 2),
            }
            with log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")
            state.losses, mark = [], (state.step, state.seconds)
        if time.perf_counter() - saved > 60 * run.training.checkpoint_minutes:
            state.save(checkpoint)
            export_model(state.model, run)
            saved = time.perf_counter()
    state.save(checkpoint)
    export_model(state.model, run)
    return state


def _trim_log(path: Path, step: int) -> None:
    """Drop what the log tells of steps after the checkpoint: they will be done again."""
    if not path.exists():
        return
    lines = [
        line for line in path.read_text("utf-8").splitlines() if json.loads(line)["step"] <= step
    ]
    path.write_text("".join(line + "\n" for line in lines), "utf-8")
