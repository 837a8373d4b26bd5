"""The server measured: time of one request beside the bare call, requests a second, load.

    python -m experiments.benchmarks.serving [--json OUT]     figures at 1 and 16 connections
    python -m experiments.benchmarks.serving --load           200 clients for a minute
    python -m experiments.benchmarks.serving --beside         LitServe and mlflow in the same run
    python -m experiments.benchmarks.serving --all --json experiments/results/serving.json

``--beside`` needs litserve and mlflow where this Python finds them; see ``serving_beside.py``. All
of it takes about five minutes.

Everything on 127.0.0.1; the server is started and stopped here. Machines are shared and noisy: the
bare call and the request are timed in turn, and what counts is their ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
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
from experiments.benchmarks.serving_beside import beside
from experiments.figures import ROOT, SEED

PATH = "/v1/articles:score"


@contextlib.contextmanager
def serving(model: Path | None) -> Iterator[tuple[int, int]]:
    """Serve for the length of a block; yields port and process id."""
    command = [sys.executable, "-m", "classifier", "serve", "--port", "0"]
    command += ["--model", str(model)] if model else []
    with tempfile.NamedTemporaryFile("w+", encoding="utf-8", prefix="cadrage-log-") as log:
        # A session of its own, so that its processor time can be told from ours.
        process = subprocess.Popen(command, stderr=log, cwd=ROOT, start_new_session=True)
        try:
            while not (address := Path(log.name).read_text("utf-8")).endswith("\n"):
                if process.poll() is not None:
                    raise SystemExit(address)
                time.sleep(0.05)
            if not address.startswith("Cadrage: http://"):
                raise SystemExit(address)
            yield int(address.splitlines()[0].rpartition(":")[2]), process.pid
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


def render_figures(figures: dict[str, Any]) -> str:
    """Return the table of docs/api.md."""
    one, beside_, minute = figures["one_connection"], figures["beside"], figures["load"]
    names = {
        "cadrage": "cadrage serve",
        "litserve": "LitServe",
        "mlflow": "mlflow models serve",
        "litserve_batching": "LitServe, batches of 8",
    }
    rows = [
        "| the seed article, default model | |",
        "|---|---|",
        f"| one connection, median and p99 | {one['request_median_ms']:.1f} and "
        f"{one['request_p99_ms']:.1f} ms (asked: p99 under 10) |",
        f"| the bare scoring call, median and p99 | {one['bare_median_ms']:.1f} and "
        f"{one['bare_p99_ms']:.1f} ms: a request takes {one['ratio_median']:.2f} and "
        f"{one['ratio_p99']:.2f} times that (asked: at most 2) |",
    ]
    for name, shown in names.items():
        ratio = beside_["ratios"].get(name)
        rows.append(
            f"| 16 connections, {shown} | {statistics.median(beside_[name]):.0f} requests/s, "
            f"{beside_['cpu_ms'][name]:.1f} ms of processor time each"
            + (f"; ours is {ratio:.2f} times as fast |" if ratio else " |")
        )
    rows.append(
        "| ours beside the better of the two at their defaults | "
        f"{beside_['ratio_to_the_better']:.2f} times as fast (asked: 3) |"
    )
    statuses = ", ".join(f"{k}: {v:,}" for k, v in sorted(minute["statuses"].items()))
    rows.append(
        f"| {minute['clients']} connections for {minute['seconds']:.0f} s | answers by status "
        f"{statuses}; broken {sum(minute['broken'].values())}; memory "
        f"{minute['memory_settled'] / 2**20:.0f} → {minute['memory_last'] / 2**20:.0f} MB |"
    )
    return "\n".join(rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, prog="serving")
    parser.add_argument("--load", action="store_true", help="200 clients for a minute, only that")
    parser.add_argument("--beside", action="store_true", help="LitServe and mlflow, only that")
    parser.add_argument("--all", action="store_true", help="all of it, one after the other")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--turns", type=int, default=8, help="of each server, with --beside")
    parser.add_argument("--turn-seconds", type=float, default=3)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    text = SEED.read_text("utf-8")
    body = json.dumps({"document": text}).encode()
    with serving(options.model) as (port, pid):
        scorer = Scorer.load(options.model)
        figures: dict[str, Any] = {"model": scorer.info.sha256}
        if options.all or not (options.load or options.beside):
            figures["one_connection"] = one_connection(port, scorer, text, options.repeats)
            figures["sixteen"] = asyncio.run(load(port, body, clients=16, seconds=10, pid=pid))
        if options.all or options.beside:
            model = options.model or default_directory()
            figures["beside"] = beside(
                (port, pid, PATH),
                load,
                text,
                model.absolute(),
                turns=options.turns,
                seconds=options.turn_seconds,
            )
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
