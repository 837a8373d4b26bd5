"""Start, load, change of model, stop: no request is lost on the way."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import threading
import time

import pytest

from classifier.cli import main
from experiments.benchmarks.serving import load
from tests.serving.conftest import Server, running


def test_a_request_in_progress_is_answered_before_the_end(model_directory):
    with running("--model", str(model_directory), inline_ms="0") as server:
        text = "Selon le préfet, le port sera fermé lundi. " * 4000
        answers = []
        asking = threading.Thread(target=lambda: answers.append(server.score({"text": text})))
        asking.start()
        deadline = time.monotonic() + 10
        while b"cadrage_active_requests 1" not in server.get("/metrics").body:
            assert time.monotonic() < deadline
        assert server.stop() == 0
        asking.join(20)
        assert answers[0].status == 200
        assert len(answers[0].json["sentences"]) == 4000
        with pytest.raises(ConnectionError), socket.create_connection(("127.0.0.1", server.port)):
            pass


def _save(trained, directory, version):
    trained[0].save(directory, name="small", version=version)


@pytest.mark.parametrize("way", ["watch", "signal"])
def test_the_model_changes_under_load(trained, tmp_path, way):
    directory = tmp_path / "model"
    _save(trained, directory, "1")
    watch = "0.1" if way == "watch" else "0"
    with running("--model", str(directory), watch=watch) as server:
        versions, failures = set(), []
        done = threading.Event()

        def keep_asking() -> None:
            connection = server.connect()
            while not done.is_set():
                answer = server.ask(
                    "POST", "/v1/articles:score", {"text": "Selon Reuters, oui."}, None, connection
                )
                if answer.status != 200:
                    failures.append(answer)
                    return
                model = answer.json["model"]
                versions.add(model["version"])
            connection.close()

        threads = [threading.Thread(target=keep_asking) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for version in ("2", "3"):
                _save(trained, directory, version)
                if way == "signal":
                    server.process.send_signal(signal.SIGHUP)
                deadline = time.monotonic() + 15
                while version not in versions:
                    assert time.monotonic() < deadline, server.log[-1000:]
                    time.sleep(0.05)
        finally:
            done.set()
            for thread in threads:
                thread.join(20)
        assert not failures
        assert versions == {"1", "2", "3"}


def test_a_broken_model_changes_nothing(trained, tmp_path):
    directory = tmp_path / "model"
    _save(trained, directory, "1")
    with running("--model", str(directory), watch="0.1") as server:
        manifest = directory / "manifest.json"
        good = manifest.read_bytes()
        manifest.write_text("{")
        deadline = time.monotonic() + 15
        while b'cadrage_model_reloads_total{outcome="failed"} 1' not in server.get("/metrics").body:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert server.score({"text": "Oui."}).json["model"]["version"] == "1"
        shutil.rmtree(directory)
        time.sleep(0.3)
        assert server.score({"text": "Oui."}).status == 200
        _save(trained, directory, "2")
        assert manifest.read_bytes() != good
        while server.score({"text": "Oui."}).json["model"]["version"] != "2":
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_port_that_is_taken(server: Server, model_directory, capsys):
    assert main(["serve", "--model", str(model_directory), "--port", str(server.port)]) == 2
    assert str(server.port) in capsys.readouterr().err


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told_when_the_server_answers(model_directory, tmp_path, monkeypatch, abstract):
    address = f"\0cadrage-{tmp_path}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(address)
        supervisor.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", address.replace("\0", "@"))
        with running("--model", str(model_directory)) as server:
            assert supervisor.recv(100) == b"READY=1"
            assert server.get("/health/ready").status == 200


def test_nobody_needs_to_be_told(model_directory, tmp_path, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    with running("--model", str(model_directory)) as server:
        assert server.get("/health/ready").status == 200


def test_an_answer_does_not_wait_for_an_acknowledgement(server):
    """With Nagle's algorithm each answer on a kept connection would take 40 ms, or more."""
    connection = server.connect()
    times = []
    for _ in range(60):
        begun = time.perf_counter()
        assert server.ask("GET", "/v1/labels", connection=connection).status == 200
        times.append(time.perf_counter() - begun)
    connection.close()
    # The first ones are acknowledged at once anyway; of the others, the machine may delay some.
    assert min(times[30:]) < 0.03


def test_two_hundred_clients(model_directory, seed):
    """The full minute is ``python -m experiments.benchmarks.serving --load``."""
    with running("--model", str(model_directory), access_log="false") as server:
        body = json.dumps({"document": seed}).encode()
        figures = asyncio.run(
            load(server.port, body, clients=200, seconds=4, pid=server.process.pid)
        )
        assert set(figures["statuses"]) <= {"200", "429"}, figures
        assert not figures["broken"]
        assert figures["statuses"]["200"] > 20
        assert figures["retry_after"]
        assert figures["memory_last"] - figures["memory_settled"] < 40 << 20
        assert server.score({"text": "Oui."}).status == 200
