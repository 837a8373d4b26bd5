"""Who may come in: keys, hosts, origins; and what the server is told at its start."""

from __future__ import annotations

import stat
import subprocess
import sys

import pytest

from classifier.cli import main
from classifier.errors import UsageError
from classifier.serving.keys import KeyRing, add_key, read_keys, revoke_key
from classifier.serving.problems import safe_name
from classifier.serving.settings import Settings, is_loopback, load_settings
from tests.conftest import ROOT
from tests.serving.conftest import running


def test_keys_are_kept_as_hashes(tmp_path):
    path = tmp_path / "keys.json"
    first, second = add_key(path, "desk"), add_key(path, "archive")
    assert first != second
    assert first not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ring = KeyRing(path)
    assert ring.owner(first) == "desk"
    assert ring.owner(second) == "archive"
    assert ring.owner(first + "x") is None
    assert ring.owner("") is None
    revoke_key(path, "desk")
    assert ring.owner(first) is None
    assert ring.owner(second) == "archive"
    assert [key.name for key in read_keys(path)] == ["archive"]
    path.write_text("[")
    assert ring.owner(second) is None
    path.unlink()
    assert ring.owner(second) is None


def test_names_of_keys(tmp_path):
    path = tmp_path / "keys.json"
    add_key(path, "desk")
    for name in ("desk", "", "a b", "x" * 65, "é"):
        with pytest.raises(UsageError):
            add_key(path, name)
    with pytest.raises(UsageError, match="desk"):
        revoke_key(path, "other")


def test_a_key_is_needed_and_can_be_revoked(model_directory, tmp_path, capsys):
    path = tmp_path / "keys.json"
    assert main(["keys", "add", "desk", "--file", str(path)]) == 0
    key = capsys.readouterr().out.strip()
    with running(
        "--model", str(model_directory), "--host", "0.0.0.0", keys=str(path)
    ) as open_server:
        body = {"text": "Oui."}
        none = open_server.score(body)
        assert none.status == 401
        assert none.headers["www-authenticate"].startswith("Bearer")
        assert open_server.score(body, Authorization="Bearer wrong").status == 401
        assert open_server.score(body, Authorization=f"Basic {key}").status == 401
        assert open_server.get("/metrics").status == 401
        assert open_server.get("/health/ready").status == 200
        assert open_server.get("/").status == 200
        assert open_server.score(body, Authorization=f"Bearer {key}").status == 200
        open_server.wait_for_log('"key": "desk"')
        assert key not in open_server.log
        assert main(["keys", "revoke", "desk", "--file", str(path)]) == 0
        assert open_server.score(body, Authorization=f"Bearer {key}").status == 401


def test_no_open_server_without_keys(model_directory, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "classifier", "serve", "--port", "0", "--host", "0.0.0.0"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={
            "PYTHONPATH": str(ROOT),
            "CADRAGE_HOME": str(tmp_path),
            "CADRAGE_SERVE_MODEL": str(model_directory),
        },
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "cadrage keys add" in done.stderr


def test_other_hosts_are_refused(server):
    for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1.evil.example", ""):
        answer = server.get("/v1/labels", Host=host)
        assert answer.status == 421, host
    for host in ("localhost", f"localhost:{server.port}", "127.0.0.1", "[::1]:80"):
        assert server.get("/v1/labels", Host=host).status == 200, host


def test_cors_is_closed(server, model_directory):
    origin = {"Origin": "https://desk.example"}
    asked = {**origin, "Access-Control-Request-Method": "POST"}
    answer = server.ask("OPTIONS", "/v1/articles:score", headers=asked)
    assert answer.status == 405
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-origin" not in server.score({"text": "Oui."}, **origin).headers
    settings = {"cors_origins": "https://desk.example"}
    with running("--model", str(model_directory), **settings) as friendly:
        answer = friendly.ask("OPTIONS", "/v1/articles:score", headers=asked)
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == "https://desk.example"
        other = {**asked, "Origin": "https://evil.example"}
        answer = friendly.ask("OPTIONS", "/v1/articles:score", headers=other)
        assert "access-control-allow-origin" not in answer.headers


def test_settings_and_their_order(tmp_path):
    config = tmp_path / "serve.toml"
    config.write_text(
        'host = "127.0.0.2"\nport = 1\nmax_articles = 3\nallowed_hosts = ["a.example"]\n'
    )
    environment = {"CADRAGE_SERVE_PORT": "2", "CADRAGE_SERVE_CORS_ORIGINS": "http://a, https://b:1"}
    settings = load_settings(config, environment, {"host": None, "port": 3})
    assert (settings.host, settings.port, settings.max_articles) == ("127.0.0.2", 3, 3)
    assert settings.allowed_hosts == ("a.example",)
    assert settings.cors_origins == ("http://a", "https://b:1")
    assert load_settings() == Settings()
    assert load_settings(environment={"CADRAGE_SERVE_ACCESS_LOG": "false"}).access_log is False


def test_every_fault_of_the_settings_is_named(tmp_path):
    config = tmp_path / "serve.toml"
    config.write_text('prot = 1\nport = "8000"\ncors_origins = ["*"]\n')
    environment = {"CADRAGE_SERVE_TIME_LIMIT": "soon", "CADRAGE_SERVE_MAX_ARTICLES": "0"}
    with pytest.raises(UsageError) as caught:
        load_settings(config, environment)
    said = str(caught.value)
    for part in ("prot", "an unknown key", "port", "cors_origins", "TIME_LIMIT", "MAX_ARTICLES"):
        assert part in said
    assert len(said.splitlines()) == 5


@pytest.mark.parametrize("content", [b"port = ", b"\xff", None])
def test_broken_files(tmp_path, content):
    config = tmp_path / "serve.toml"
    if content is not None:
        config.write_bytes(content)
    with pytest.raises(UsageError, match=r"serve\.toml"):
        load_settings(config)


def test_loopback():
    assert is_loopback("127.0.0.1")
    assert is_loopback("127.9.9.9")
    assert is_loopback("[::1]")
    assert is_loopback("localhost")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("::")
    assert not is_loopback("localhost.evil.example")


def test_only_names_are_repeated():
    known = ("text", "thresholds")
    assert safe_name("tresholds", known) == "'tresholds'"
    assert safe_name("Poutine", known) == "a name of 7 characters"
    assert safe_name("text" * 100_000, known) == "a name of 400000 characters"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "70000"], "--port"),
        (["--model", "nowhere"], "nowhere"),
        (["--config", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_a_server_that_cannot_start_says_why(arguments, said, capsys):
    assert main(["serve", *arguments]) in (1, 2)
    assert said in capsys.readouterr().err
