"""The label space: labels and devices, their order, their fingerprint.

Read from one data file, ``resources/schema.json``. The order there is the column order of every
probability matrix; nothing may derive it from the labels that happen to stand in some data.

Labels of one's own stand in a file that the environment variable ``CADRAGE_SCHEMA`` names. They
come behind the project's labels, which scoring and evaluation know by name; the fingerprint
changes with them, so that a model of another label space is refused.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from classifier.errors import DataError

OWN = "CADRAGE_SCHEMA"
"""The environment variable that names a file of labels of one's own."""


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way in which a label shows; ``mild`` devices can be hidden by a reader."""

    name: str
    title: dict[str, str]
    definition: dict[str, str]
    example: str
    mild: bool = False


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One framing label, its one-letter annotation code and its devices."""

    name: str
    code: str
    title: dict[str, str]
    definition: dict[str, str]
    devices: tuple[Device, ...]

    @property
    def device_names(self) -> tuple[str, ...]:
        return tuple(device.name for device in self.devices)


class _SchemaFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    version: str
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class Schema:
    """The labels in order, and a SHA-256 of names, codes, devices and their order."""

    name: str
    version: str
    labels: tuple[Label, ...]
    fingerprint: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)

    def label(self, name: str) -> Label:
        """Return the label called ``name``; raises KeyError with the known names."""
        for label in self.labels:
            if label.name == name:
                return label
        raise KeyError(f"no label {name!r}: expected one of {', '.join(self.names)}")

    def as_dict(self) -> dict[str, Any]:
        """Return the schema as plain JSON values."""
        return {
            "name": self.name,
            "version": self.version,
            "fingerprint": self.fingerprint,
            "labels": msgspec.to_builtins(self.labels),
        }


def resource_bytes(name: str) -> bytes:
    """Return the bytes of a file that travels inside the package."""
    return (resources.files("classifier") / "resources" / name).read_bytes()


@cache
def load_schema() -> Schema:
    """Return the labels of the project and, behind them, those of ``CADRAGE_SCHEMA``; read once.

    Raises:
        DataError: see :func:`extend_schema`.
    """
    parsed = msgspec.json.decode(resource_bytes("schema.json"), type=_SchemaFile)
    base = _build(parsed.name, parsed.version, parsed.labels)
    own = os.environ.get(OWN, "").strip()
    return extend_schema(base, Path(own)) if own else base


def extend_schema(base: Schema, path: Path) -> Schema:
    """Return a schema with the labels of a file, of the form of ``schema.json``, behind its own.

    Raises:
        DataError: unreadable; not of this form; a name or a code that is taken or malformed; a
            label without devices or with one device twice.
    """
    try:
        parsed = msgspec.json.decode(path.read_bytes(), type=_SchemaFile)
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise DataError(str(path), reason, f"the labels that {OWN} names") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(str(path), str(error), "name, version and labels") from None
    if not parsed.labels:
        raise DataError(str(path), "no label", "one or more")
    names, codes = set(base.names), {label.code for label in base.labels}
    for label in parsed.labels:
        where = f"{path}: {label.name}"
        if not _NAME.fullmatch(label.name) or label.name in names:
            raise DataError(str(path), f"label {label.name!r}", "a new name: a-z, 0-9 and _")
        if not re.fullmatch("[A-Z]", label.code) or label.code in codes:
            free = f"one capital letter, not {', '.join(sorted(codes))}"
            raise DataError(where, f"code {label.code!r}", free)
        names.add(label.name)
        codes.add(label.code)
        devices = label.device_names
        wrong = [name for name in devices if not _NAME.fullmatch(name)]
        if wrong or not devices or len(set(devices)) < len(devices):
            found = f"devices {', '.join(devices) or 'none'}"
            raise DataError(where, found, "one or more, each once: a-z, 0-9 and _")
        named: tuple[Label | Device, ...] = (label, *label.devices)
        for what in named:
            absent = [
                f"{part} in {language}"
                for part in ("title", "definition")
                for language in ("fr", "en")
                if not getattr(what, part).get(language)
            ]
            if absent:
                raise DataError(where, f"{what.name} without {', '.join(absent)}", "all of them")
    return _build(parsed.name, parsed.version, (*base.labels, *parsed.labels))


_NAME = re.compile("[a-z][a-z0-9_]*")


def _build(name: str, version: str, labels: tuple[Label, ...]) -> Schema:
    # Titles and examples may be reworded without making a trained model stale; names may not.
    identity = [
        [label.name, label.code, [device.name for device in label.devices]] for label in labels
    ]
    digest = hashlib.sha256(msgspec.json.encode([name, version, identity])).hexdigest()
    return Schema(name, version, labels, digest)
