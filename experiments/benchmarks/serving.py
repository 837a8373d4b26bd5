"""The server measured: time of one request beside the bare call, requests a second, load.

    python -m experiments.benchmarks.serving [--json OUT]     figures at 1 and 16 connections
    python -m experiments.benchmarks.serving --load           200 clients for a minute
    python -m experiments.benchmarks.serving --beside         LitServe and mlflow in the same run
    python -m experiments.benchmarks.serving --all --json experiments/results/serving.json

``--beside`` needs litserve and mlflow where this Python finds them, each at its default settings:
one worker, no batching, the same model, the same 16 connections, turn by turn.

Everything on 127.0.0.1; the server is started and stopped here. Machines are shared and noisy: the
bare call and the request are timed in turn, and what counts is their ratio.
"""

from __future__ import annotations

import argparse
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
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classifier.models.store import default_directory
from classifier.rendering.jsonl import to_json
from classifier.scoring import Scorer
from classifier.serving.metrics import resident_bytes
from classifier.text.ingestion import article_from_text

ROOT = Path(__file__).parent.parent.parent
SEED = ROOT / "seeds" / "000_c8f4650f96df5b00.txt"
PATH = "/v1/articles:score"


@contextlib.contextmanager
def serving(model: Path | None) -> Iterator[tuple[int, int]]:
    """Serve for the length of a block; yields port and process id."""
    command = [sys.executable, "-m", "classifier", "serve", "--port", "0"]
    command += ["--model", str(model)] if model else []
    environment = {**os.environ, "CADRAGE_SERVE_ACCESS_LOG": "false"}
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )
    try:
        assert process.stderr is not None
        address = process.stderr.readline()
        if not address.startswith("Cadrage: http://"):
            raise SystemExit(address + process.stderr.read())
        yield int(address.rpartition(":")[2]), process.pid
    finally:
        process.terminate()
        process.wait(60)


def one_connection(port: int, scorer: Scorer, text: str, repeats: int) -> dict[str, float]:
    """Time a request and the bare scoring call in turn; milliseconds."""
    article = article_from_text(text, id="seed", where="seed")
    body = json.dumps({"document": text, "id": "seed"}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    asked: list[float] = []
    bare: list[float] = []
    for number in range(repeats + 20):
        begun = time.perf_counter()
        line = to_json(scorer.score(article))
        middle = time.perf_counter()
        connection.request("POST", PATH, body, {"Content-Type": "application/json"})
        answer = connection.getresponse().read()
        ended = time.perf_counter()
        if number >= 20:
            bare.append((middle - begun) * 1000)
            asked.append((ended - middle) * 1000)
    connection.close()
    if not answer.startswith(line[:-1].encode()):
        raise SystemExit("the server's answer is not the bare call's")
    found = {}
    for name, share in (("median", 0.5), ("p99", 0.99)):
        for what, times in (("request", asked), ("bare", bare)):
            ordered = sorted(times)
            place = min(len(ordered) - 1, int(share * len(ordered)))
            found[f"{what}_{name}_ms"] = round(ordered[place], 3)
        found[f"ratio_{name}"] = round(found[f"request_{name}_ms"] / found[f"bare_{name}_ms"], 3)
    return found


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Any:
    """Send a request on an open connection; returns status, headers and body."""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status, *lines = head.split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return status.split()[1], headers, body


async def load(
    port: int, body: bytes, *, clients: int, seconds: float, pid: int, path: str = PATH
) -> dict[str, Any]:
    """Let clients ask as fast as they are answered, waiting a little after a 429.

    Returns:
        answers by status, connections that broke, requests a second that were answered 200, and
        the server's memory after a quarter of the time and at the end, in bytes.
    """
    request = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    statuses: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    times: list[float] = []
    begun = time.monotonic()
    end = begun + seconds
    retry_after = False

    async def client() -> None:
        nonlocal retry_after
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while time.monotonic() < end:
                sent = time.perf_counter()
                status, headers, _ = await asyncio.wait_for(_ask(reader, writer, request), 60)
                statuses[status] += 1
                if status == "200":
                    times.append(time.perf_counter() - sent)
                elif status == "429":
                    retry_after = retry_after or "retry-after" in headers
                    # Sooner than asked for: the server has to bear it.
                    await asyncio.sleep(0.2)
        except (OSError, EOFError, TimeoutError) as error:
            broken[type(error).__name__] += 1
        finally:
            writer.close()

    memory: list[int] = []

    async def watch() -> None:
        while time.monotonic() < end:
            memory.append(resident_bytes(pid) or 0)
            await asyncio.sleep(max(0.1, seconds / 40))

    await asyncio.gather(watch(), *(client() for _ in range(clients)))
    elapsed = time.monotonic() - begun
    memory.append(resident_bytes(pid) or 0)
    return {
        "clients": clients,
        "seconds": round(elapsed, 1),
        "statuses": dict(statuses),
        "broken": dict(broken),
        "retry_after": retry_after,
        "scored_a_second": round(statuses["200"] / elapsed, 1),
        "median_ms": round(statistics.median(times) * 1000, 2) if times else None,
        "memory_settled": max(memory[: max(1, len(memory) // 4)]),
        "memory_last": memory[-1],
    }


_LITSERVE = """
import sys
import litserve
from classifier.rendering.jsonl import to_dict
from classifier.scoring import Scorer
from classifier.text.ingestion import article_from_text
class Api(litserve.LitAPI):
    def setup(self, device):
        self.scorer = Scorer.load(sys.argv[2] if len(sys.argv) > 2 else None)
    def decode_request(self, request):
        return article_from_text(request["document"], id="seed", where="request")
    def predict(self, article):
        return self.scorer.score(article)
    def encode_response(self, score):
        return to_dict(score)
if __name__ == "__main__":
    server = litserve.LitServer(Api(), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)
"""
_MLFLOW = """
import sys
import mlflow.pyfunc
mlflow.pyfunc.save_model(sys.argv[1], python_model="classifier/tracking/pyfunc_model.py",
                         artifacts={"model": sys.argv[2]}, pip_requirements=[])
"""


@contextlib.contextmanager
def other(name: str, model: Path, folder: Path) -> Iterator[tuple[int, int]]:
    """Run ``litserve`` or ``mlflow models serve`` with the model; yields port and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if name == "litserve":
        script = folder / "litserve_server.py"
        script.write_text(_LITSERVE, "utf-8")
        command = [sys.executable, str(script), str(port), str(model)]
    else:
        packed = folder / "pyfunc"
        save = [sys.executable, "-c", _MLFLOW, str(packed), str(model)]
        subprocess.run(save, cwd=ROOT, check=True, capture_output=True)
        command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(packed)]
        command += ["-p", str(port), "--env-manager", "local"]
    python_path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
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
        path = "/health" if name == "litserve" else "/ping"
        deadline = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    break
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit(f"{name} did not start")
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


def beside(port: int, pid: int, text: str, model: Path, seconds: float = 8) -> dict[str, Any]:
    """Measure requests a second at 16 connections, ours and theirs in turn, twice."""
    article = article_from_text(text, id="seed", where="seed")
    row = {"id": "seed", "title": article.title, "text": article.text}
    document = json.dumps({"document": text}).encode()
    records = json.dumps({"dataframe_records": [{**row, "publisher": article.publisher}]}).encode()
    rates: dict[str, list[float]] = {"cadrage": [], "litserve": [], "mlflow": []}
    with (
        tempfile.TemporaryDirectory() as name,
        other("litserve", model, Path(name)) as (lit, lit_pid),
        other("mlflow", model, Path(name)) as (flow, flow_pid),
    ):
        for number in range(3):
            for who, at, process, body, path in (
                ("cadrage", port, pid, document, PATH),
                ("litserve", lit, lit_pid, document, "/predict"),
                ("mlflow", flow, flow_pid, records, "/invocations"),
            ):
                length = seconds if number else 2.0
                asked = load(at, body, clients=16, seconds=length, pid=process, path=path)
                found = asyncio.run(asked)
                if set(found["statuses"]) != {"200"} or found["broken"]:
                    raise SystemExit(f"{who}: {found}")
                if number:
                    rates[who].append(found["scored_a_second"])
    best = max(statistics.mean(rates["litserve"]), statistics.mean(rates["mlflow"]))
    return {**rates, "ratio_to_the_better": round(statistics.mean(rates["cadrage"]) / best, 2)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, prog="serving")
    parser.add_argument("--load", action="store_true", help="200 clients for a minute, only that")
    parser.add_argument("--beside", action="store_true", help="LitServe and mlflow, only that")
    parser.add_argument("--all", action="store_true", help="all of it, one after the other")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    text = SEED.read_text("utf-8")
    body = json.dumps({"document": text}).encode()
    with serving(options.model) as (port, pid):
        figures: dict[str, Any] = {}
        if options.all or not (options.load or options.beside):
            scorer = Scorer.load(options.model)
            figures["one_connection"] = one_connection(port, scorer, text, options.repeats)
            figures["sixteen"] = asyncio.run(load(port, body, clients=16, seconds=10, pid=pid))
        if options.all or options.beside:
            model = options.model or default_directory()
            figures["beside"] = beside(port, pid, text, model.absolute())
        if options.all or options.load:
            figures["load"] = asyncio.run(
                load(port, body, clients=options.clients, seconds=options.seconds, pid=pid)
            )
    shown = json.dumps(figures, indent=1)
    print(shown)
    if options.json:
        options.json.write_text(shown + "\n", "utf-8")


if __name__ == "__main__":
    main()
