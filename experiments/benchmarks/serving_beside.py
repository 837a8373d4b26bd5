"""Other servers with the same model: LitServe, and ``mlflow models serve``.

Each is used as its documentation shows, at its default settings: one worker, no batching, its own
log of requests. LitServe with batching is measured beside them, because its documentation counts on
it. All answer the same score: LitServe the dictionary that it turns into JSON itself, mlflow the
line of JSON that the logged model returns.

Rates depend on what else the machine does; so turns are short, the order changes from turn to turn,
and the processor time that all processes of a server took for an answer is written down beside.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from classifier.text.ingestion import article_from_text
from experiments.figures import ROOT

CLIENTS = 16

_LITSERVE = """
import sys
import litserve
from classifier.rendering.jsonl import to_dict
from classifier.scoring import Scorer
from classifier.text.ingestion import article_from_text
class Api(litserve.LitAPI):
    def setup(self, device):
        self.scorer = Scorer.load(sys.argv[2])
    def decode_request(self, request):
        return article_from_text(request["document"], id="seed", where="request")
    def predict(self, article):
        if isinstance(article, list):
            return [self.scorer.score(one) for one in article]
        return self.scorer.score(article)
    def encode_response(self, score):
        return to_dict(score)
if __name__ == "__main__":
    batching = dict(max_batch_size=8, batch_timeout=0.01) if "batching" in sys.argv else {}
    server = litserve.LitServer(Api(**batching), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)
"""
_MLFLOW = """
import sys
import mlflow.pyfunc
mlflow.pyfunc.save_model(sys.argv[1], python_model="classifier/tracking/pyfunc_model.py",
                         artifacts={"model": sys.argv[2]}, pip_requirements=[])
"""


def cpu_seconds(session: int) -> float:
    """Return the processor time of all processes of a session; NaN where Linux does not tell."""
    ticks = 0
    found = False
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name, in brackets, may hold anything.
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                ticks += int(fields[11]) + int(fields[12])
                found = True
    return ticks / os.sysconf("SC_CLK_TCK") if found else float("nan")


@contextlib.contextmanager
def other(name: str, model: Path, folder: Path) -> Iterator[tuple[int, int]]:
    """Run a server with the model; yields its port and process id, which is its session's too.

    Args:
        name: ``litserve``, ``litserve_batching`` or ``mlflow``.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if name.startswith("litserve"):
        script = folder / "litserve_server.py"
        script.write_text(_LITSERVE, "utf-8")
        command = [sys.executable, str(script), str(port), str(model), name[9:]]
    else:
        packed = folder / "pyfunc"
        save = [sys.executable, "-c", _MLFLOW, str(packed), str(model)]
        subprocess.run(save, cwd=ROOT, check=True, capture_output=True)
        command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(packed)]
        command += ["-p", str(port), "--env-manager", "local"]
    python_path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    log = folder / f"{name}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command,
            stdout=stream,
            stderr=stream,
            cwd=ROOT,
            # mlflow calls uvicorn by its name.
            env={
                **os.environ,
                "PYTHONPATH": python_path,
                "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
            },
            start_new_session=True,
        )
    try:
        path = "/health" if name.startswith("litserve") else "/ping"
        deadline = time.monotonic() + 120
        while not _answers(port, path):
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit(f"{name} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.5)
        yield port, process.pid
    finally:
        # Only the group that was started above: the server and its workers.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(15)


def _answers(port: int, path: str) -> bool:
    try:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as one:
            one.request("GET", path)
            return one.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False


def beside(
    ours: tuple[int, int, str],
    load: Callable[..., Awaitable[dict[str, Any]]],
    text: str,
    model: Path,
    *,
    turns: int = 8,
    seconds: float = 3,
) -> dict[str, Any]:
    """Measure requests a second at 16 connections, ours and theirs in turn.

    Args:
        ours: port, process id and path of our server.
        load: lets clients ask; see :mod:`experiments.benchmarks.serving`.
        seconds: of one server's turn; before the first, each has a turn to get warm.

    Returns:
        for each server its rates, turn by turn; ``ratio_to_the_better``, the median over the turns
        of our rate to that of the better of LitServe and mlflow without batching; ``ratios``, for
        each other server; ``cpu_ms``, processor time for an answer, of all of a server's processes.
    """
    article = article_from_text(text, id="seed", where="seed")
    row = {"id": "seed", "title": article.title, "text": article.text}
    document = json.dumps({"document": text}).encode()
    records = json.dumps({"dataframe_records": [{**row, "publisher": article.publisher}]}).encode()
    rates: dict[str, list[float]] = {}
    spent: dict[str, float] = {}
    answered: dict[str, int] = {}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = [("cadrage", *ours, document)]
        for name in ("litserve", "mlflow", "litserve_batching"):
            port, pid = stack.enter_context(other(name, model, folder))
            path = "/invocations" if name == "mlflow" else "/predict"
            servers.append((name, port, pid, path, records if name == "mlflow" else document))
        for turn in range(turns + 1):
            first = turn % len(servers)
            for name, port, pid, path, body in servers[first:] + servers[:first]:
                before = cpu_seconds(pid)
                length = seconds if turn else min(2.0, seconds)
                asked = load(port, body, clients=CLIENTS, seconds=length, pid=pid, path=path)
                found = asyncio.run(asked)  # type: ignore[arg-type]
                if set(found["statuses"]) != {"200"} or found["broken"]:
                    raise SystemExit(f"{name}: {found}")
                if turn:
                    rates.setdefault(name, []).append(found["scored_a_second"])
                    spent[name] = spent.get(name, 0.0) + cpu_seconds(pid) - before
                    answered[name] = answered.get(name, 0) + found["statuses"]["200"]
    better = max(("litserve", "mlflow"), key=lambda name: statistics.median(rates[name]))
    ratios = {
        name: round(
            statistics.median(a / b for a, b in zip(rates["cadrage"], theirs, strict=True)), 2
        )
        for name, theirs in rates.items()
        if name != "cadrage"
    }
    return {
        **rates,
        "better": better,
        "ratio_to_the_better": ratios[better],
        "ratios": ratios,
        "cpu_ms": {name: round(1000 * spent[name] / answered[name], 2) for name in rates},
    }
