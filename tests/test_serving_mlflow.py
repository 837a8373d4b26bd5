"""``mlflow models serve`` on the default model: another server, the same JSON."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier import tracking
from classifier.models.store import default_directory
from tests.conftest import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("mlflow") is None, reason="tracking needs the extra 'train'"
    ),
]

LIMIT = 90
TEXT = "Selon Le Courrier du Valois, citant un proche, le chef rebelle menace de fermer le port."
TITLE = "Le port menacé, selon la mairie"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(uri: str, folder: Path) -> Iterator[str]:
    """Serve a logged model as its user would; every process of the server is gone afterwards."""
    port = free_port()
    binaries = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "MLFLOW_TRACKING_URI": tracking.store_location().tracking_uri,
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    command = [str(binaries / "mlflow"), "models", "serve", "--env-manager", "local"]
    command += ["-m", uri, "-h", "127.0.0.1", "-p", str(port)]
    log = folder / "serve.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address, server, log)
            yield address
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(timeout=10)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait(timeout=10)


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        if server.poll() is not None:
            pytest.fail(f"the server ended: {log.read_text('utf-8', 'replace')[-2000:]}")
        try:
            with urllib.request.urlopen(f"{address}/ping", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.3)
    pytest.fail(f"no answer in {LIMIT} s: {log.read_text('utf-8', 'replace')[-2000:]}")


def test_mlflow_serves_what_cadrage_score_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with tracking.track("serving", "default model") as run:
        logged = run.model(default_directory(), name="linear")
    article = {"id": "a1", "title": TITLE, "text": TEXT, "publisher": "Le Courrier du Valois"}
    with served(logged.uri, tmp_path) as address:
        request = urllib.request.Request(
            f"{address}/invocations",
            data=json.dumps({"dataframe_records": [article]}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            said = json.loads(answer.read())["predictions"]
    rows = tmp_path / "articles.jsonl"
    rows.write_text(json.dumps(article, ensure_ascii=False) + "\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "classifier", "score", str(rows), "--format", "jsonl"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert len(said) == 1
    served_score, own_score = json.loads(said[0]), json.loads(done.stdout)
    assert served_score == own_score
    labels = [one["labels"] for one in own_score["sentences"]]
    assert any(label["positive"] for one in labels for label in one.values())
