"""Whatever is sent: a clear 4xx, or 200; then the server goes on, and kept nothing of it."""

from __future__ import annotations

import asyncio
import json
import socket
import time

import pytest

from classifier.serving.app import make_app
from classifier.serving.settings import Settings
from tests.serving.conftest import running

SECRET = "Phrase-que-personne-ne-doit-lire"


@pytest.fixture(autouse=True)
def still_answers(server):
    yield
    assert server.process.poll() is None
    answer = server.score({"text": "Selon Reuters, oui."})
    assert answer.status == 200


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"", 400, "malformed-json"),
        (b"{", 400, "malformed-json"),
        (b'{"text": "a"} x', 400, "malformed-json"),
        (b'{"text": NaN}', 400, "malformed-json"),
        (b'{"text": "' + b"\x01" + b'"}', 400, "malformed-json"),
        (b'{"text": "\\ud800"}', 400, "malformed-json"),
        (b'{"text": "\\ud800 suite de la phrase"}', 400, "malformed-json"),
        (b'{"text": "\xed\xa0\x80"}', 400, "invalid-encoding"),
        (b'{"text": "d\xe9j\xe0"}', 400, "invalid-encoding"),
        ('{"text": "déjà"}'.encode("utf-16"), 400, "invalid-encoding"),
        ('{"text": "déjà"}'.encode("utf-16-le"), 400, "invalid-encoding"),
        (b"null", 422, "invalid-request"),
        (b"[" * 100_000, 422, "invalid-request"),
        (b'{"text": ' + b"[" * 100_000, 422, "invalid-request"),
        (b'{"text": 1}', 422, "invalid-request"),
        (b'{"text": null}', 422, "invalid-request"),
        (b"{}", 422, "invalid-request"),
        (b'{"text": "a", "html": "b"}', 422, "invalid-request"),
        (b'{"text": "a", "tresholds": {}}', 422, "invalid-request"),
        (b'{"text": "a", "thresholds": {"irony": 0.5}}', 422, "invalid-request"),
        (b'{"text": "a", "thresholds": {"relay_sourcing": 1.1}}', 422, "invalid-request"),
        (b'{"text": "a", "thresholds": {"relay_sourcing": 1e999}}', 422, "invalid-request"),
        (b'{"text": "a", "thresholds": {"relay_sourcing": %b}}' % (b"9" * 5000), 422, None),
        (b'{"text": ""}', 422, "unusable-article"),
        (b'{"text": " \\n\\t "}', 422, "unusable-article"),
        (b'{"text": "a\\u0000b"}', 422, "unusable-article"),
        (b'{"sentences": []}', 422, "unusable-article"),
        (b'{"html": "<p>"}', 422, "unusable-article"),
        (b'{"html": ""}', 422, "unusable-article"),
        (json.dumps({"text": "mot " * 5000}).encode(), 422, "sentence-too-long"),
        (json.dumps({"sentences": ["a" * 10_001]}).encode(), 422, "sentence-too-long"),
        (json.dumps({"sentences": ["a"] * 5001}).encode(), 413, "too-many-items"),
        (b'{"text": "' + b"a" * (20 << 20) + b'"}', 413, "too-large"),
        (b'{"text": "\\u0001\\u001b[31m \\u202e"}', 200, None),
        (b'{"text": "a", "text": "b"}', 200, None),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else str(value),
)
def test_bodies(server, body, status, kind):
    answer = server.score(body)
    assert answer.status == status, answer.body[:300]
    if status != 200:
        problem = answer.json
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["status"] == status
        assert problem["fix"]
        assert problem["request_id"] == answer.headers["x-request-id"]
        if kind:
            assert problem["type"] == f"urn:cadrage:problem:{kind}"


def test_types_of_bodies(server):
    body = b'{"text": "Oui."}'
    assert server.score(body, Content_Type="text/plain").status == 415
    assert server.score(body, Content_Type="application/json; charset=utf-8").status == 200
    assert server.score(body, Content_Encoding="gzip").status == 415


def test_text_that_is_not_french_is_flagged(server):
    answer = server.score({"text": "The minister said that nobody had been told about it."})
    assert answer.status == 200
    assert answer.json["warnings"] == ["not_french:en"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/articles:score", 405),
        ("DELETE", "/v1/labels", 405),
        ("GET", "/v1/nothing", 404),
        ("GET", "/docs", 404),
        ("GET", "/redoc", 404),
        ("GET", "/assets/../app.py", 404),
        ("GET", "/assets/..%2fapp.py", 404),
        ("GET", "/assets/index.html", 404),
        ("GET", "/%00", 404),
        ("POST", "/v1/articles:score?language=de", 422),
    ],
)
def test_addresses(server, method, path, status):
    answer = server.ask(method, path, b"{}" if method == "POST" else None)
    assert answer.status == status
    assert answer.json["status"] == status
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000,
        b"POST /v1/articles:score HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/articles:score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    ],
    ids=["words", "tls", "long-head", "negative-length", "bad-chunk", "version"],
)
def test_what_is_hardly_http(server, sent):
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as connection:
        received = b""
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except OSError:  # reset, or closed before we were done
            pass
    assert not received or received.split()[1][:1] in (b"4", b"2")
    assert b" 500 " not in received


def test_slow_clients_are_let_go(model_directory):
    limits = {"head_timeout": "0.5", "body_timeout": "0.5"}
    head = (
        b"POST /v1/articles:score HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/json\r\nContent-Length: 1000\r\n"
    )
    with running("--model", str(model_directory), **limits) as slow:
        connections = []
        for sent in (b"", b"GET / HT", head, head + b"\r\n{", head + b'\r\n{"text": "a'):
            connection = socket.create_connection(("127.0.0.1", slow.port), timeout=10)
            connection.sendall(sent)
            connections.append(connection)
        # Others are served meanwhile.
        assert slow.score({"text": "Selon Reuters, oui."}).status == 200
        begun = time.monotonic()
        ends = []
        for connection in connections:
            with connection:
                try:
                    ends.append(connection.recv(65536))
                except ConnectionError:
                    ends.append(b"")
        assert time.monotonic() - begun < 5
        assert ends[:3] == [b"", b"", b""]
        assert all(end.startswith(b"HTTP/1.1 408") for end in ends[3:])


def test_nothing_of_a_text_is_kept(server):
    bodies = [
        {"text": SECRET + " selon Reuters."},
        {"text": SECRET + "\x00"},
        {"text": 1, SECRET: SECRET},
        {"text": "a", "thresholds": {SECRET: 0.5}},
        {SECRET: SECRET},
        {"html": f"<p class={SECRET}>"},
        {"sentences": [SECRET * 1000]},
        {"text": SECRET, "published": [SECRET]},
    ]
    for body in bodies[1:]:
        answer = server.score(body)
        assert SECRET.encode() not in answer.body, body.keys()
    server.score(bodies[0])
    server.score(f'{{"text": "{SECRET}'.encode())
    server.ask("GET", f"/{SECRET}?{SECRET}")
    server.ask(SECRET[:6], f"/v1/{SECRET}")
    assert SECRET not in server.get("/metrics").body.decode()
    assert SECRET not in server.log


@pytest.mark.parametrize(
    "html",
    ["<div>" * 300_000, "<p>a" * 30_000, "<a href='" * 20_000, "<!--" * 30_000, "&" * 1_500_000],
    ids=lambda html: html[:5],
)
def test_pages_made_to_hurt(server, html):
    begun = time.monotonic()
    answer = server.score({"html": f"<html><body>{html}"})
    assert answer.status in (200, 413, 422, 503), answer.body[:300]
    assert time.monotonic() - begun < 40


def test_bodies_that_never_end_are_bounded(model_directory):
    head = (
        b"POST /v1/articles:score HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
    )
    limits = {"max_held_bytes": "100000", "body_timeout": "2"}
    with running("--model", str(model_directory), **limits) as small:
        waiting = [socket.create_connection(("127.0.0.1", small.port)) for _ in range(4)]
        for connection in waiting[:3]:
            connection.sendall(head + b"x" * 30_000)
        time.sleep(0.3)
        waiting[3].sendall(head + b"x" * 30_000)
        assert waiting[3].recv(100).startswith(b"HTTP/1.1 429")
        assert small.score({"text": "Oui."}).status == 200
        for connection in waiting[:3]:
            assert connection.recv(100).startswith(b"HTTP/1.1 408")
        for connection in waiting:
            connection.close()
        assert small.score({"text": "Oui. " * 500}).status == 200


def test_a_fault_of_our_own_says_nothing(model_directory, monkeypatch, capfd):
    """The message of an unexpected error may hold the text: neither answer nor log has it."""

    async def fail(*_arguments):
        raise RuntimeError(SECRET)

    gate = make_app(Settings(model=str(model_directory)))
    monkeypatch.setattr(gate.engine, "score", fail)
    body = json.dumps({"text": SECRET}).encode()
    answers = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        answers.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/v1/articles:score", "headers": headers}
    asyncio.run(gate({**scope, "query_string": b"", "state": {}}, receive, send))
    start, content = answers
    assert start["status"] == 500
    problem = json.loads(content["body"])
    assert problem["type"] == "urn:cadrage:problem:internal"
    log = capfd.readouterr().err
    assert problem["request_id"] in log
    assert "RuntimeError" in log
    assert SECRET not in log + content["body"].decode()
    gate.engine.close()


def test_time_limit(model_directory):
    limits = {"time_limit": "0.05", "inline_ms": "0"}
    with running("--model", str(model_directory), **limits) as short:
        text = "Selon le préfet, le port sera fermé lundi. " * 1500
        answer = short.score({"text": text})
        assert answer.status == 503
        assert answer.json["type"] == "urn:cadrage:problem:time-limit"
        # The thread that was given up ends, and makes room.
        deadline = time.monotonic() + 20
        while short.score({"text": "Oui."}).status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)
