"""Settings of the family ``camembert``, and the part of them that a trained model needs."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class InputSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a network is given; travels in the model directory.

    Attributes:
        context: how many units before the sentence stand in the same input, title and standfirst
            included; 0 for none.
        max_tokens: longest input, special tokens included. A longer sentence is cut, and flagged.
        cue_features: whether lexicon evidence stands beside the encoder's pooled output.
        token_head: whether the network also says of each token which devices it shows.
        begin, separator, pad: ids of the special tokens.
    """

    context: int
    max_tokens: int
    cue_features: bool
    token_head: bool
    begin: int
    separator: int
    pad: int


class CamembertSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the family ``camembert``.

    Attributes:
        base: a local directory, or a name on the Hugging Face hub.
        revision: commit of the base on the hub, 40 hexadecimal digits; needed to fetch it.
        context, max_tokens, cue_features, token_head: see :class:`InputSettings`.
        pooling: ``first``, the first token's output, or ``mean`` over the sentence's own tokens.
        token_weight: of the token head's loss beside the sentence's.
        balance: exponent of the class weights: 0 none, 1 negatives / positives.
        learning_rate: of the encoder's last layer; each layer below has ``layer_decay`` times it.
        head_rate: learning rate of the heads.
        warmup: share of the steps in which the rates rise; they fall linearly after it.
        dropout: of the heads.
        encoder_dropout: inside the encoder; what its own configuration says when None.
        epochs: at most; ``patience`` evaluations without a better macro-F1 end it earlier.
        evaluations: on validation data per epoch; each writes a checkpoint.
        batch, accumulation: sentences per forward pass, passes per optimiser step.
        by_length: whether a batch holds sentences of like length: less padding, so faster, and
            less random an order.
        precision: ``auto`` is bfloat16 or float16 where a GPU has it, float32 elsewhere. On a
            processor ``bfloat16`` is quicker where its matrix unit knows it.
        soft: file of soft labels (:mod:`classifier.models.camembert.soft`) that are learned beside
            the gold; none when empty. Not with a token head: soft labels have no cues.
        soft_weight: of a soft sentence's loss, a gold one's is 1.
    """

    base: str = "almanach/camembert-base"
    revision: str = ""
    context: Annotated[int, msgspec.Meta(ge=0, le=16)] = 1
    max_tokens: Annotated[int, msgspec.Meta(ge=16, le=8192)] = 256
    pooling: Literal["first", "mean"] = "mean"
    cue_features: bool = False
    token_head: bool = False
    token_weight: Positive = 1.0
    balance: Share = 0.5
    learning_rate: Positive = 3e-5
    head_rate: Positive = 3e-4
    layer_decay: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.9
    weight_decay: Annotated[float, msgspec.Meta(ge=0)] = 0.01
    warmup: Share = 0.1
    dropout: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.1
    encoder_dropout: Annotated[float, msgspec.Meta(ge=0, lt=1)] | None = None
    epochs: Count = 10
    patience: Count = 3
    evaluations: Count = 1
    batch: Count = 16
    accumulation: Count = 1
    by_length: bool = False
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    soft: str = ""
    soft_weight: Positive = 1.0
    seed: int = 20261122
