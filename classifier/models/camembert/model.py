"""The family ``camembert``: a pretrained encoder, fine-tuned to the labels; scored by torch."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import msgspec
import numpy as np

from classifier.corpus.dataset import LabelledDocuments
from classifier.errors import MissingExtraError
from classifier.models.camembert.encoder import (
    EncoderModel,
    Floats,
    TokenScores,
    encoder_parts,
)
from classifier.models.camembert.inputs import Batch
from classifier.models.camembert.settings import CamembertSettings
from classifier.models.course import Course
from classifier.models.store import ModelFiles, package_versions, save_model
from classifier.schema import load_schema

if TYPE_CHECKING:
    from classifier.models.camembert.network import SentenceNetwork

NETWORK = "network.safetensors"


class NetworkFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What builds the network before its weights are read.

    Attributes:
        config: of the encoder, as transformers writes it.
        base, base_sha256: where the pretrained weights came from, and their hash.
        soft_sha256: hash of the soft labels that were learned too; empty without any.
    """

    config: dict[str, Any]
    pooling: str
    base: str
    revision: str
    base_sha256: str
    soft_sha256: str = ""


def need_torch() -> None:
    """Raise MissingExtraError where torch or transformers is not installed."""
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise MissingExtraError("the family 'camembert'", "camembert")


@dataclass(kw_only=True)
class CamembertModel(EncoderModel):
    """A fine-tuned encoder; see :class:`classifier.models.camembert.encoder.EncoderModel`."""

    family: ClassVar[str] = "camembert"
    settings: CamembertSettings | None = None
    course: Course = field(default_factory=Course)
    facts: NetworkFacts | None = None
    network: SentenceNetwork | None = field(default=None, repr=False)

    def fit(self, train: LabelledDocuments, validation: LabelledDocuments) -> Self:
        """Fine-tune, keep the best checkpoint, calibrate and choose thresholds.

        Raises:
            MissingExtraError: torch or transformers is not installed.
            UsageError: the base is not here and cannot be fetched.
            ModelError: the base is damaged, or of an architecture that needs remote code.
        """
        need_torch()
        from classifier.models.camembert.trainer import fine_tune

        self.settings = self.settings or CamembertSettings()
        fine_tune(self, self.settings, train, validation)
        return self

    def run(self, batch: Batch) -> tuple[Floats, TokenScores | None]:
        """Run the network with torch, in float32."""
        import torch

        if self.network is None:
            raise ValueError("found a model that is not trained; expected fit() or load() first")
        device = self.network.out.weight.device
        features = torch.from_numpy(batch.features).to(device) if batch.features.size else None
        self.network.eval()
        with torch.inference_mode():
            found = self.network(
                torch.from_numpy(batch.ids).to(device),
                torch.from_numpy(batch.attention).to(device),
                torch.from_numpy(batch.own).to(device),
                features,
            )
        tokens = found.get("token_logits")
        return (
            found["logits"].double().cpu().numpy(),
            tokens.float().cpu().numpy() if tokens is not None else None,
        )

    def save(self, directory: Path, **about: Any) -> ModelFiles:
        """Write the model directory, weights as safetensors; the base is not needed any more."""
        if self.network is None or self.facts is None or self.inputs is None:
            raise ValueError("found a model that is not trained; expected fit() or load() first")
        from safetensors.torch import save_file

        directory.parent.mkdir(parents=True, exist_ok=True)
        about.setdefault("versions", package_versions("torch", "transformers", "tokenizers"))
        with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".weights-") as folder:
            weights = Path(folder) / NETWORK
            state = {key: one.cpu().contiguous() for key, one in self.network.state_dict().items()}
            save_file(state, weights)
            return save_model(
                directory,
                family=self.family,
                thresholds=dict(zip(load_schema().names, map(float, self.thresholds), strict=True)),
                arrays={"calibration": self.calibration},
                values={
                    "inputs": msgspec.to_builtins(self.inputs),
                    "network": msgspec.to_builtins(self.facts),
                },
                texts={"tokenizer.json": self.tokenizer_source, "cues.toml": self.lexicon_source},
                binaries={NETWORK: weights},
                **about,
            )

    @classmethod
    def load(cls, files: ModelFiles) -> Self:
        """Load from a verified model directory, onto the GPU if there is one.

        Raises:
            MissingExtraError: torch or transformers is not installed.
        """
        need_torch()
        from safetensors.torch import load_file

        from classifier.models.camembert.network import best_device, build_network
        from classifier.models.camembert.weights import empty_encoder

        facts = msgspec.convert(files.json("network"), NetworkFacts)
        parts: dict[str, Any] = encoder_parts(files)
        network = build_network(empty_encoder(facts.config), parts["inputs"], pooling=facts.pooling)
        network.load_state_dict(load_file(files.directory / NETWORK), strict=True)
        return cls(facts=facts, network=network.to(best_device()).eval(), **parts)

    def choose(self, scores: Floats, validation: LabelledDocuments) -> None:
        """Fit the calibration and choose thresholds.

        Args:
            scores: raw, a row for every unit of ``validation``.
        """
        from classifier.models.calibration import choose_thresholds, fit_platt

        keep = validation.scorable()
        gold, held = validation.gold[keep], scores[keep]
        self.calibration = np.array(
            [fit_platt(held[:, column], gold[:, column]) for column in range(gold.shape[1])]
        )
        self.thresholds = choose_thresholds(self.calibrated(held), gold)
