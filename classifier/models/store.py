"""A model directory: a frozen layout, a manifest with the SHA-256 of every file, an atomic save.

Layout: ``manifest.json``, arrays as ``*.npy`` (never pickled), networks as safetensors or ONNX,
everything else as JSON or TOML.
The SHA-256 of the manifest names the model, since the manifest names every other byte.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.errors import ModelError
from classifier.records import ModelInfo
from classifier.schema import load_schema

MANIFEST = "manifest.json"
FORMAT = 1


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Size in bytes and SHA-256 of one file of the directory."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model directory says of itself.

    Attributes:
        schema: fingerprint of the label space it was made for.
        data: SHA-256 of each annotation file, text and split manifest it learned from.
        configuration: the experiment's settings.
        versions: of Python and the packages that trained it.
        files: every file but the manifest.
    """

    format: int
    name: str
    version: str
    family: str
    schema: str
    labels: tuple[str, ...]
    thresholds: dict[str, float]
    files: dict[str, FileEntry]
    data: dict[str, str] = {}
    configuration: dict[str, Any] = {}
    versions: dict[str, str] = {}
    licence: str = ""


@dataclass(frozen=True)
class ModelFiles:
    """A verified model directory: its manifest, its name-giving hash, and its files' bytes."""

    directory: Path
    manifest: Manifest
    sha256: str

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(
            self.manifest.name, self.manifest.version, self.sha256, self.manifest.thresholds
        )

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """The thresholds in the schema's order, shape (labels,)."""
        return np.array([self.manifest.thresholds[name] for name in load_schema().names])

    def array(self, name: str) -> NDArray[Any]:
        """Return the array kept as ``name.npy``."""
        loaded: NDArray[Any] = np.load(self.directory / f"{name}.npy", allow_pickle=False)
        return loaded

    def json(self, name: str) -> Any:
        """Return the value kept as ``name.json``."""
        return msgspec.json.decode((self.directory / f"{name}.json").read_bytes())

    def text(self, name: str) -> bytes:
        """Return the bytes of the file ``name``."""
        return (self.directory / name).read_bytes()


def default_directory() -> Path:
    """Return the directory of the model that travels in the package."""
    return Path(str(resources.files("classifier") / "resources" / "default_model"))


def open_model(directory: Path) -> ModelFiles:
    """Check a model directory and return its files.

    Raises:
        ModelError: no directory, an unreadable manifest, a missing, additional or changed file (by
            name), or a model made for another schema.
    """
    path = directory / MANIFEST
    try:
        raw = path.read_bytes()
    except OSError:
        raise ModelError(
            str(directory),
            f"no {MANIFEST}",
            "a model directory",
            "Train one with: cadrage train CONFIG.toml",
        ) from None
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as error:
        raise ModelError(str(path), str(error), "a model manifest") from None
    if manifest.format != FORMAT:
        raise ModelError(str(path), f"format {manifest.format}", f"format {FORMAT}")
    schema = load_schema()
    if manifest.schema != schema.fingerprint:
        raise ModelError(
            str(path),
            f"a model for schema {manifest.schema[:12]}…",
            f"{schema.fingerprint[:12]}…, this version's labels",
            "Train it again.",
        )
    present = {file.name for file in directory.iterdir() if file.name != MANIFEST}
    for name, entry in manifest.files.items():
        if name not in present:
            raise ModelError(str(directory / name), "no such file", "the file of the manifest")
        found = _digest(directory / name)
        if found != entry.sha256:
            raise ModelError(
                str(directory / name),
                f"SHA-256 {found[:16]}…",
                f"{entry.sha256[:16]}…",
                "The file was changed after the model was saved: use an untouched copy.",
            )
    unknown = sorted(present - manifest.files.keys() - {"__pycache__"})
    if unknown:
        raise ModelError(
            str(directory / unknown[0]), "a file that the manifest does not name", "none"
        )
    return ModelFiles(directory, manifest, hashlib.sha256(raw).hexdigest())


def save_model(
    directory: Path,
    *,
    name: str,
    version: str,
    family: str,
    thresholds: Mapping[str, float],
    arrays: Mapping[str, NDArray[Any]] | None = None,
    values: Mapping[str, Any] | None = None,
    texts: Mapping[str, bytes] | None = None,
    binaries: Mapping[str, Path] | None = None,
    data: Mapping[str, str] | None = None,
    configuration: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
    licence: str = "",
) -> ModelFiles:
    """Write a model directory; the old one, if any, is replaced whole or stays whole.

    Args:
        arrays, values, texts: saved as ``.npy``, ``.json`` and as they are.
        binaries: large files, copied under these names.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        for key, array in (arrays or {}).items():
            np.save(work / f"{key}.npy", np.ascontiguousarray(array), allow_pickle=False)
        for key, value in (values or {}).items():
            (work / f"{key}.json").write_bytes(msgspec.json.encode(value))
        for key, content in (texts or {}).items():
            (work / key).write_bytes(content)
        for key, source in (binaries or {}).items():
            shutil.copyfile(source, work / key)
        files = {
            file.name: FileEntry(file.stat().st_size, _digest(file))
            for file in sorted(work.iterdir())
        }
        schema = load_schema()
        manifest = Manifest(
            FORMAT,
            name,
            version,
            family,
            schema.fingerprint,
            schema.names,
            {key: float(value) for key, value in thresholds.items()},
            files,
            dict(data or {}),
            dict(configuration or {}),
            dict(versions or package_versions()),
            licence,
        )
        (work / MANIFEST).write_bytes(
            msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n"
        )
        work.chmod(0o755)
        _swap(work, directory)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return open_model(directory)


def _digest(file: Path) -> str:
    """Return the SHA-256 of a file, which may be larger than memory."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _swap(work: Path, directory: Path) -> None:
    """Put a finished directory in its place."""
    if not directory.exists():
        work.replace(directory)
        return
    old = directory.with_name(f".{directory.name}-old-{os.getpid()}")
    directory.replace(old)
    try:
        work.replace(directory)
    except BaseException:
        old.replace(directory)
        raise
    shutil.rmtree(old)


def package_versions(*more: str) -> dict[str, str]:
    """Return the versions that shape a trained model, of those packages that are installed.

    Args:
        more: packages that shape a model of one family alone.
    """
    import platform

    versions = {"python": platform.python_version()}
    for package in ("cadrage", "numpy", "scikit-learn", "scipy", *more):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
