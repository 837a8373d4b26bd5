"""The label space: labels and devices, their order, their fingerprint.

Read from one data file, ``resources/schema.json``. The order there is the column order of every
probability matrix; nothing may derive it from the labels that happen to stand in some data.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import msgspec


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
    """Return the project's schema; read once."""
    parsed = msgspec.json.decode(resource_bytes("schema.json"), type=_SchemaFile)
    # Titles and examples may be reworded without making a trained model stale; names may not.
    identity = [
        [label.name, label.code, [device.name for device in label.devices]]
        for label in parsed.labels
    ]
    digest = hashlib.sha256(
        msgspec.json.encode([parsed.name, parsed.version, identity])
    ).hexdigest()
    return Schema(parsed.name, parsed.version, parsed.labels, digest)
