"""Finding the pretrained encoder: a local directory, the hub's cache, or the hub itself.

Weights are read from ``model.safetensors`` alone: no pickle, and no code of the repository that
they come from is ever run.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import msgspec

from classifier.corpus.sources import working_folder
from classifier.errors import MissingExtraError, ModelError, UsageError
from classifier.models.camembert.inputs import parse_tokenizer
from classifier.models.camembert.settings import CamembertSettings, InputSettings

WEIGHTS = "model.safetensors"
_FETCHED = (
    "config.json",
    WEIGHTS,
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "sentencepiece.bpe.model",
)
_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ROBERTA = ("camembert", "roberta", "xlm-roberta")
_DROPOUTS = (
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "attention_dropout",
    "embedding_dropout",
    "mlp_dropout",
)
"""What configurations call the dropout inside an encoder."""


@dataclass(frozen=True)
class Base:
    """A pretrained encoder on this machine.

    Attributes:
        tokenizer_source: the bytes of its ``tokenizer.json``.
        sha256: of its weights.
    """

    directory: Path
    config: dict[str, Any]
    tokenizer_source: bytes
    begin: int
    separator: int
    pad: int
    sha256: str

    def inputs(self, settings: CamembertSettings) -> InputSettings:
        """Return what the network will be given.

        Raises:
            UsageError: the encoder has fewer positions than ``max_tokens``.
        """
        most = int(self.config.get("max_position_embeddings", settings.max_tokens))
        if self.config.get("model_type") in _ROBERTA:
            most -= self.pad + 1  # positions count from behind the padding id
        if settings.max_tokens > most:
            raise UsageError(
                "settings: max_tokens", str(settings.max_tokens), f"at most {most} for this base"
            )
        return InputSettings(
            context=settings.context,
            max_tokens=settings.max_tokens,
            cue_features=settings.cue_features,
            token_head=settings.token_head,
            begin=self.begin,
            separator=self.separator,
            pad=self.pad,
        )


def find_base(base: str, revision: str = "") -> Base:
    """Find an encoder and read all of it but the weights.

    Args:
        base: a directory, or a name on the hub such as ``almanach/camembert-base``.
        revision: its commit on the hub; needed where it is not yet on this machine.

    Raises:
        UsageError: it is not here and cannot be fetched; the message says how to get it.
        ModelError: the directory is not that of an encoder.
    """
    directory = Path(base)
    if not directory.is_dir():
        directory = _named(base, revision)
    config = _json(directory / "config.json")
    if not (directory / WEIGHTS).is_file():
        pickled = sorted(file.name for file in directory.glob("pytorch_model*.bin"))
        found = f"{pickled[0]}, a pickle" if pickled else f"no {WEIGHTS}"
        raise ModelError(str(directory), found, f"{WEIGHTS}; other formats are not read")
    source = _tokenizer_source(directory)
    begin, separator, pad = _special_ids(directory, source, config)
    with (directory / WEIGHTS).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Base(directory, config, source, begin, separator, pad, digest)


def _named(base: str, revision: str) -> Path:
    """Return the directory of an encoder on the hub, fetched at its commit if need be."""
    if not _HUB_NAME.fullmatch(base):
        raise UsageError(
            "settings: base",
            f"{base!r}, no directory here",
            "a directory or a name on the hub",
            "The project's own small encoder is made by python -m experiments.pretraining.",
        )
    placed = working_folder() / "encoder" / base
    if placed.is_dir():
        return placed
    if not _COMMIT.fullmatch(revision):
        raise UsageError(
            "settings: revision",
            repr(revision),
            f"the commit of {base!r} to fetch, 40 hexadecimal digits",
            f"It stands on https://huggingface.co/{base}/commits/main; no revision is needed for "
            f"weights that you put into {placed} yourself.",
        )
    try:
        return _fetch(base, revision)
    except Exception as error:  # the hub's client has a dozen kinds of its own
        reason = str(error).strip().partition("\n")[0].rstrip(".")[:160]
        raise UsageError(
            f"No weights of {base!r}: they are not in {placed}, nor in the hub's cache, and "
            f"huggingface.co gave none ({type(error).__name__}: {reason}); on a machine with "
            f"network run `hf download {base} {' '.join(_FETCHED[:4])} --revision {revision} "
            f"--local-dir {base}` and copy the folder to {placed}."
        ) from None


def _fetch(base: str, revision: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.constants import ENDPOINT
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError:
        raise MissingExtraError("the family 'camembert'", "camembert") from None
    wanted: dict[str, Any] = {"revision": revision, "allow_patterns": list(_FETCHED)}
    try:
        cached = Path(snapshot_download(base, local_files_only=True, **wanted))
        if (cached / WEIGHTS).is_file():
            return cached
    except LocalEntryNotFoundError:
        pass
    _reach(ENDPOINT)
    return Path(snapshot_download(base, etag_timeout=10, **wanted))


def _reach(address: str) -> None:
    """Raise OSError at once where no server answers: the hub's client would try for a minute."""
    if not address.startswith(("http://", "https://")):
        raise OSError(f"{address} is no address of a server")
    with contextlib.suppress(HTTPError), urlopen(address, timeout=10):
        pass


def _json(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(str(path), str(error), "a JSON file of a pretrained encoder") from None


def _tokenizer_source(directory: Path) -> bytes:
    path = directory / "tokenizer.json"
    if path.is_file():
        return path.read_bytes()
    from transformers import AutoTokenizer

    try:
        slow = AutoTokenizer.from_pretrained(directory, local_files_only=True)
        return str(slow.backend_tokenizer.to_str()).encode()
    except Exception as error:  # whatever the conversion of a foreign file may meet
        raise ModelError(
            str(directory), f"no tokenizer.json ({error})", "the tokenizer of the encoder"
        ) from None


def _special_ids(directory: Path, source: bytes, config: dict[str, Any]) -> tuple[int, int, int]:
    """Return the ids of the first, the separating and the padding token."""
    tokenizer = parse_tokenizer(source)
    named: dict[str, Any] = {}
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        if (directory / name).is_file():
            named |= _json(directory / name)
    ids = []
    for keys, usual in (
        (("cls_token", "bos_token"), ("<s>", "[CLS]")),
        (("sep_token", "eos_token"), ("</s>", "[SEP]")),
        (("pad_token",), ("<pad>", "[PAD]")),
    ):
        stated = [named[key] for key in keys if named.get(key)]
        words = [one["content"] if isinstance(one, dict) else one for one in stated]
        found = [tokenizer.token_to_id(word) for word in (*words, *usual)]
        known = [number for number in found if number is not None]
        if not known:
            raise ModelError(
                str(directory), f"a tokenizer without {usual[0]}", f"one with a {keys[0]}"
            )
        ids.append(int(known[0]))
    pad = config.get("pad_token_id")
    return ids[0], ids[1], ids[2] if pad is None else int(pad)


def load_encoder(base: Base, dropout: float | None = None) -> Any:
    """Load the pretrained weights, float32.

    Args:
        dropout: inside the encoder, in [0, 1); what its configuration says when None.

    Raises:
        ModelError: an architecture that transformers does not know by itself, or weights that do
            not fill it.
    """
    from transformers import AutoConfig, AutoModel
    from transformers.utils import logging

    logging.set_verbosity_error()  # the masked language model's head is left out on purpose
    logging.disable_progress_bar()
    more: dict[str, Any] = (
        {"add_pooling_layer": False} if base.config.get("model_type") in _ROBERTA else {}
    )
    try:
        config = AutoConfig.from_pretrained(
            base.directory, local_files_only=True, trust_remote_code=False
        )
        for name in _DROPOUTS if dropout is not None else ():
            if hasattr(config, name):
                setattr(config, name, dropout)
        encoder, info = AutoModel.from_pretrained(
            base.directory,
            config=config,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            dtype="float32",
            **more,
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(
            str(base.directory), reason, "an encoder that transformers knows without remote code"
        ) from None
    missing = sorted(info["missing_keys"])
    if missing:
        raise ModelError(
            str(base.directory / WEIGHTS),
            f"no weights for {', '.join(missing[:3])}",
            "weights for the whole encoder",
        )
    return encoder


def empty_encoder(config: dict[str, Any]) -> Any:
    """Return an encoder of this configuration, to be filled from a model directory."""
    from transformers import AutoConfig, AutoModel

    kind = str(config["model_type"])
    left_out = ("model_type", "auto_map", "dtype", "torch_dtype")
    plain = {key: value for key, value in config.items() if key not in left_out}
    more = {"add_pooling_layer": False} if kind in _ROBERTA else {}
    return AutoModel.from_config(
        AutoConfig.for_model(kind, **plain), trust_remote_code=False, **more
    )
