"""``cadrage serve`` and ``cadrage keys``: the HTTP API with its page, and who may call it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from classifier.cli.shared import Commands, add_command, say
from classifier.errors import MissingExtraError


def add_commands(commands: Commands) -> None:
    """Add the commands of this module."""
    serve = add_command(
        commands,
        "serve",
        "answer over HTTP, with a page for the newsroom",
        "Serve the API (POST /v1/articles:score …) and the page at /. Every setting may stand in\n"
        "a TOML file or in the environment as CADRAGE_SERVE_<NAME>; docs/api.md lists them.\n"
        "Binds to this machine only; elsewhere it needs API keys (cadrage keys add).\n"
        "SIGHUP, or a new model in the directory, changes the model without a failed request;\n"
        "SIGTERM answers what is in progress and stops. Needs the extra 'serve'.",
        "  cadrage serve                                  then open http://127.0.0.1:8000\n"
        "  cadrage serve --host 0.0.0.0 --port 8080 --model .cadrage/models/mine\n"
        "  cadrage serve --config serve.toml",
    )
    serve.add_argument("--host", help="address to listen at (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, help="port; 0 for any that is free (default: 8000)")
    serve.add_argument("--model", help="a model directory; default: the one shipped")
    serve.add_argument("--config", type=Path, metavar="FILE.toml", help="more settings")
    serve.set_defaults(run=run_serve)

    keys = add_command(
        commands,
        "keys",
        "make, list and revoke API keys",
        "Make, list and revoke the keys that callers of 'cadrage serve' need. Only hashes are\n"
        "kept.",
        "  cadrage keys add newsroom\n  cadrage keys revoke newsroom",
    )
    parts = keys.add_subparsers(dest="part", metavar="COMMAND", required=True)
    add = add_command(
        parts,
        "add",
        "make a key and print it, once",
        "Make a key and print it. It is kept as a hash and cannot be shown again.",
        "  cadrage keys add newsroom",
    )
    add.add_argument("name", metavar="NAME", help="whose key it is; shown in the log")
    add.set_defaults(run=run_add)
    revoke = add_command(
        parts,
        "revoke",
        "make a key invalid at once",
        "Make a key invalid. A running server refuses it from its next request on.",
        "  cadrage keys revoke newsroom",
    )
    revoke.add_argument("name", metavar="NAME")
    revoke.set_defaults(run=run_revoke)
    shown = add_command(
        parts, "list", "name the keys", "Name the keys and their days.", "  cadrage keys list"
    )
    shown.set_defaults(run=run_list)
    for part in (add, revoke, shown):
        part.add_argument("--file", type=Path, help="file of keys; default: .cadrage/api-keys.json")


def run_serve(options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    from classifier.serving.settings import load_settings

    given = {name: getattr(options, name) for name in ("host", "port", "model")}
    settings = load_settings(options.config, os.environ, given)
    try:
        from classifier.serving.server import serve
    except ModuleNotFoundError as error:
        if error.name not in ("fastapi", "uvicorn", "starlette"):
            raise
        raise MissingExtraError("cadrage serve", "serve") from None
    serve(settings, on_start=lambda address: say(f"Cadrage: {address}"))
    return 0


def _path(options: argparse.Namespace) -> Path:
    from classifier.serving.keys import default_path

    return options.file or default_path()


def run_add(options: argparse.Namespace) -> int:
    """Make a key."""
    from classifier.serving.keys import add_key

    path = _path(options)
    print(add_key(path, options.name))
    say(f"kept as a hash in {path}; this is the only time the key is shown")
    return 0


def run_revoke(options: argparse.Namespace) -> int:
    """Make a key invalid."""
    from classifier.serving.keys import revoke_key

    revoke_key(_path(options), options.name)
    print(f"{options.name}: revoked")
    return 0


def run_list(options: argparse.Namespace) -> int:
    """Name the keys."""
    from classifier.serving.keys import read_keys

    for key in read_keys(_path(options)):
        print(f"{key.name}\t{key.created}")
    return 0
