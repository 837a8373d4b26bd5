"""The network: an encoder, a head on its pooled output, and a second one on its tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from classifier.models.base import label_count
from classifier.models.camembert.inputs import devices, feature_count
from classifier.models.camembert.settings import InputSettings

_LAYER = re.compile(r"\.layers?\.(\d+)\.")
_BELOW = re.compile(r"^encoder\.(?:.*\.)?(?:embeddings|rel_embeddings)\.")


class SentenceNetwork(nn.Module):  # type: ignore[misc]
    """Scores sentences, and where asked their tokens.

    Args:
        encoder: a transformers model without head; ``last_hidden_state`` is used.
        pooling: ``first`` or ``mean``, see ``CamembertSettings``.
        features: number of cue features beside the pooled output, 0 for none.
        token_columns: outputs of the token head, 0 for none.
    """

    def __init__(
        self,
        encoder: Any,
        *,
        labels: int,
        pooling: str,
        dropout: float = 0.0,
        features: int = 0,
        token_columns: int = 0,
        token_weight: float = 1.0,
    ) -> None:
        super().__init__()
        width = int(encoder.config.hidden_size)
        self.encoder = encoder
        self.pooling = pooling
        self.token_weight = token_weight
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(width, width)
        self.out = nn.Linear(width + features, labels)
        self.token_out = nn.Linear(width, token_columns) if token_columns else None
        self.label_weights: Tensor
        self.token_weights: Tensor
        self.register_buffer("label_weights", torch.ones(labels), persistent=False)
        self.register_buffer("token_weights", torch.ones(token_columns), persistent=False)

    def forward(
        self,
        ids: Tensor,
        attention: Tensor,
        own: Tensor,
        features: Tensor | None = None,
        labels: Tensor | None = None,
        marks: Tensor | None = None,
        weights: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return ``logits``, shape (rows, labels), ``token_logits``, and with labels the ``loss``.

        Args:
            ids, attention, own: shape (rows, tokens); see ``inputs.Batch``.
            features: shape (rows, features).
            labels: shape (rows, labels), 0 or 1, or soft labels between them.
            marks: shape (rows, tokens, devices), 0 or 1.
            weights: shape (rows,), of each sentence's loss; all alike when None.
        """
        hidden = self.encoder(input_ids=ids, attention_mask=attention).last_hidden_state
        if self.pooling == "first":
            pooled = hidden[:, 0]
        else:
            weight = own.unsqueeze(-1).to(hidden.dtype)
            pooled = (hidden * weight).sum(dim=1) / weight.sum(dim=1)
        pooled = torch.tanh(self.dense(self.dropout(pooled)))
        if features is not None:
            pooled = torch.cat([pooled, features.to(pooled.dtype)], dim=-1)
        found = {"logits": self.out(self.dropout(pooled))}
        if self.token_out is not None:
            found["token_logits"] = self.token_out(self.dropout(hidden))
        if labels is not None:
            found["loss"] = self._loss(found, own, labels, marks, weights)
        return found

    def _loss(
        self,
        found: dict[str, Tensor],
        own: Tensor,
        labels: Tensor,
        marks: Tensor | None,
        weights: Tensor | None,
    ) -> Tensor:
        share = None if weights is None else (weights / weights.mean()).unsqueeze(-1)
        loss = binary_cross_entropy_with_logits(
            found["logits"].float(), labels, weight=share, pos_weight=self.label_weights
        )
        if self.token_out is not None and marks is not None:
            each = binary_cross_entropy_with_logits(
                found["token_logits"].float(),
                marks,
                pos_weight=self.token_weights,
                reduction="none",
            )
            weight = own.to(each.dtype)
            per_token = each.mean(dim=-1)
            loss = loss + self.token_weight * (per_token * weight).sum() / weight.sum()
        return loss


def best_device() -> torch.device:
    """Return the GPU if there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def build_network(
    encoder: Any,
    inputs: InputSettings,
    *,
    pooling: str,
    dropout: float = 0.0,
    token_weight: float = 1.0,
) -> SentenceNetwork:
    """Return an encoder with fresh heads for the schema's labels."""
    return SentenceNetwork(
        encoder,
        labels=label_count(),
        pooling=pooling,
        dropout=dropout,
        features=feature_count() if inputs.cue_features else 0,
        token_columns=len(devices()) if inputs.token_head else 0,
        token_weight=token_weight,
    )


def layer_of(name: str, layers: int) -> int:
    """Return a parameter's depth: 0 the embeddings, 1 … layers, then what stands above them."""
    if not name.startswith("encoder."):
        return layers + 1
    if (match := _LAYER.search(name)) is not None:
        return int(match[1]) + 1
    return 0 if _BELOW.match(name) else layers


def parameter_groups(
    network: SentenceNetwork,
    *,
    learning_rate: float,
    head_rate: float,
    layer_decay: float,
    weight_decay: float,
) -> list[dict[str, Any]]:
    """Return the optimiser's groups: each trained parameter in one, its rate by depth.

    Layer-wise decay after J. Howard and S. Ruder, Universal Language Model Fine-tuning for Text
    Classification, 2018. Biases and norms have no weight decay.
    """
    named = [(name, one) for name, one in network.named_parameters() if one.requires_grad]
    depths = [layer_of(name, 0) for name, _ in named if _LAYER.search(name)]
    layers = max(depths, default=0)
    groups: dict[tuple[int, bool], dict[str, Any]] = {}
    for name, parameter in named:
        depth = layer_of(name, layers)
        plain = parameter.ndim < 2
        rate = head_rate if depth > layers else learning_rate * layer_decay ** (layers - depth)
        group = groups.setdefault(
            (depth, plain),
            {"params": [], "lr": rate, "weight_decay": 0.0 if plain else weight_decay},
        )
        group["params"].append(parameter)
    return [groups[key] for key in sorted(groups)]


def positive_weights(shares: Sequence[float], balance: float) -> Tensor:
    """Return the weight of a positive for each column: (negatives / positives) ** balance.

    Args:
        shares: of positives, in [0, 1]; a column that is all or none has weight 1.
    """
    return torch.tensor(
        [((1 - share) / share) ** balance if 0 < share < 1 else 1.0 for share in shares],
        dtype=torch.float32,
    )
