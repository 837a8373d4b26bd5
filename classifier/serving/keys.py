"""API keys: named, kept as hashes only, compared in constant time, revocable at any moment.

A key is 32 random bytes, so that one SHA-256 is enough: there is nothing to guess.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from classifier.corpus.sources import working_folder
from classifier.errors import DataError, UsageError

PREFIX = "cadrage_"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")


class StoredKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of a key: whose it is, its SHA-256 (hex), the day it was made."""

    name: str
    sha256: str
    created: str


def default_path() -> Path:
    """Return where keys are kept when no file is named."""
    return working_folder() / "api-keys.json"


def read_keys(path: Path) -> list[StoredKey]:
    """Return the keys of a file; none when there is no file.

    Raises:
        DataError: the file cannot be read or is no file of keys.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[StoredKey])
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(str(path), error.strerror or "unreadable", "a file of API keys") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise DataError(
            str(path), "something else", "a file of API keys", "Make it with: cadrage keys add NAME"
        ) from None


def add_key(path: Path, name: str) -> str:
    """Make a key, keep its hash under ``name``, and return it: it is never shown again.

    Raises:
        UsageError: the name is taken, or is not letters, digits, dots and dashes.
    """
    if not _NAME.match(name):
        raise UsageError("name of a key", repr(name), "letters, digits, dots, dashes, 64 at most")
    keys = read_keys(path)
    if any(key.name == name for key in keys):
        raise UsageError("name of a key", repr(name), "a new name", "Or revoke the old key first.")
    key = PREFIX + secrets.token_urlsafe(32)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    _write(path, [*keys, StoredKey(name, _digest(key), today)])
    return key


def revoke_key(path: Path, name: str) -> None:
    """Forget a key; a running server refuses it from its next request on.

    Raises:
        UsageError: there is no key of that name.
    """
    keys = read_keys(path)
    left = [key for key in keys if key.name != name]
    if len(left) == len(keys):
        known = ", ".join(key.name for key in keys) or "no key at all"
        raise UsageError("name of a key", repr(name), f"one of: {known}")
    _write(path, left)


class KeyRing:
    """The keys of a file, read again whenever the file changes.

    A file that is gone or damaged lets nobody in.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._state: tuple[int, int, int] | None = None
        self._keys: list[StoredKey] = []

    def owner(self, key: str) -> str | None:
        """Return the name that a key goes by; None when it is not one of ours."""
        self._refresh()
        digest = _digest(key)
        found = None
        # Every key is looked at, whichever fits: time tells nothing.
        for stored in self._keys:
            if hmac.compare_digest(stored.sha256, digest):
                found = stored.name
        return found

    def _refresh(self) -> None:
        try:
            status = self.path.stat()
            state = (status.st_mtime_ns, status.st_ino, status.st_size)
            if state != self._state:
                self._keys = read_keys(self.path)
                self._state = state
        except (OSError, DataError):
            self._keys, self._state = [], None


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _write(path: Path, keys: Iterable[StoredKey]) -> None:
    """Replace the file at once, readable by its owner only.

    Raises:
        UsageError: its folder cannot be made or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    except OSError as error:
        found = f"an error of the system: {error.strerror or error}"
        raise UsageError(
            f"file of keys ({path})",
            found,
            "a folder that can be written",
            "Choose another: --file",
        ) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(list(keys)), indent=1) + b"\n")
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
