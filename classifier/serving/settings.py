"""What the server is told: defaults, a TOML file, the environment, the command line, in that order.

Everything is validated before a socket is opened, and every fault is named at once.
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from classifier.errors import Fault, UsageError

PREFIX = "CADRAGE_SERVE_"

_Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
_Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The server's configuration; each field is a TOML key and ``CADRAGE_SERVE_<FIELD>``.

    Attributes:
        model: a model directory; None for the one that travels in the package.
        keys: file of API keys. Given, a key is needed everywhere; not given, only where the server
            binds to more than the loopback address, and then it is ``api-keys.json`` in
            ``.cadrage`` (or ``CADRAGE_HOME``).
        allowed_hosts: host names that requests may be addressed to, besides loopback names.
        cors_origins: origins whose pages may call the API; none by default.
        max_held_bytes: of all bodies together while they are received; beyond, 429.
        max_concurrency: requests being scored or waiting for it; one more is answered 429.
        max_connections: open connections; one more is closed.
        head_timeout, body_timeout, time_limit, drain_timeout: seconds for a client to send its
            request's head and its body, for a request to be scored, and for requests in progress
            when the server is told to stop.
        inline_ms: articles expected to take less are scored in the event loop, others in a thread.
        watch: seconds between looks at the model directory for a new model; 0 for never.
        access_log: one JSON line a request on standard error.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 8000
    model: str | None = None
    keys: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    max_body_bytes: _Count = 2 << 20
    max_held_bytes: _Count = 64 << 20
    max_articles: _Count = 64
    max_sentences: _Count = 5_000
    max_sentence_chars: _Count = 10_000
    max_concurrency: _Count = 64
    max_connections: _Count = 512
    head_timeout: _Seconds = 10.0
    body_timeout: _Seconds = 20.0
    time_limit: _Seconds = 30.0
    drain_timeout: _Seconds = 30.0
    inline_ms: Annotated[float, msgspec.Meta(ge=0, le=10_000)] = 50.0
    watch: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 2.0
    access_log: bool = True

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine's loopback address or name."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def load_settings(
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Settings:
    """Return the settings; ``options`` go before ``environment``, that before ``config``.

    Args:
        options: from the command line; None counts as not given.

    Raises:
        UsageError: every unknown key and every wrong type or value, each with where it stands.
    """
    faults: list[Fault] = []
    chosen: dict[str, Any] = {}
    fields = {field.name: field.type for field in msgspec.structs.fields(Settings)}

    def take(where: str, name: str, value: Any, *, textual: bool) -> None:
        if name not in fields:
            faults.append(Fault(where, "an unknown key", f"one of {', '.join(fields)}"))
            return
        # tomllib gives lists; an environment variable lists with commas.
        if textual and name in ("allowed_hosts", "cors_origins"):
            value = [part.strip() for part in value.split(",") if part.strip()]
        if textual and name in ("model", "keys"):
            value = value or None
        try:
            chosen[name] = msgspec.convert(value, fields[name], strict=not textual)
        except msgspec.ValidationError as error:
            faults.append(Fault(where, repr(value), str(error).removeprefix("Expected ")))

    if config is not None:
        for name, value in _read_toml(config).items():
            take(f"{config}: {name}", name, value, textual=False)
    for variable, text in sorted((environment or {}).items()):
        if variable.startswith(PREFIX):
            name = variable.removeprefix(PREFIX).lower()
            take(variable, name, text, textual=True)
    for name, value in (options or {}).items():
        if value is not None:
            take(f"--{name}", name, value, textual=False)
    faults.extend(_check(chosen))
    if faults:
        raise UsageError("\n".join(str(fault) for fault in faults))
    return Settings(**chosen)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(str(path), error.strerror or "unreadable", "a TOML file") from None
    except UnicodeDecodeError:
        raise UsageError(str(path), "bytes that are not UTF-8", "a TOML file") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(str(path), f"broken TOML ({error})", "a TOML file") from None


def _check(chosen: Mapping[str, Any]) -> Iterator[Fault]:
    host = chosen.get("host")
    if host is not None and not host.strip():
        yield Fault("host", "an empty value", "an address such as 127.0.0.1, or 0.0.0.0 for all")
    for origin in chosen.get("cors_origins", ()):
        scheme, mark, rest = origin.partition("://")
        if scheme not in ("http", "https") or not mark or not rest or "/" in rest or "*" in rest:
            yield Fault("cors_origins", repr(origin), "an origin such as https://redaction.example")
    for name in chosen.get("allowed_hosts", ()):
        if "/" in name or " " in name or "*" in name:
            yield Fault("allowed_hosts", repr(name), "a host name such as cadrage.example")
