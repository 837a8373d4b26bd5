"""What lies in deploy/ holds together: with the repository, the command line and the settings.

No container is built and no service started: the files are read as those programs read them, and
what they would run is run.
"""

from __future__ import annotations

import configparser
import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from itertools import cycle, islice
from pathlib import Path

import msgspec
import pytest
from packaging.requirements import Requirement

from classifier.cli import build_parser
from classifier.cli.serve import run_serve
from classifier.serving.settings import Settings, load_settings
from tests.conftest import ROOT
from tests.serving.conftest import running

DEPLOY = ROOT / "deploy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def instructions() -> list[tuple[str, str]]:
    """Return the container file's instructions, continued lines joined."""
    lines = (DEPLOY / "Containerfile").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined if line)]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    start = max(number for number, (name, _) in enumerate(found) if name == "FROM")
    return found[start:]


def test_the_base_is_pinned():
    arguments = dict(rest.split("=", 1) for name, rest in instructions() if name == "ARG")
    bases = [rest.split()[0] for name, rest in instructions() if name == "FROM"]
    assert len(bases) == 2
    for base in bases:
        image = re.sub(r"\$\{(\w+)\}", lambda match: arguments[match[1]], base)
        assert re.search(r"@sha256:[0-9a-f]{64}$|:3\.11[.\d]*-slim-[a-z]+$", image), image


def test_everything_that_is_copied_exists_and_is_all_that_the_wheel_needs():
    copied = []
    for name, rest in instructions():
        if name == "COPY" and not rest.startswith("--from"):
            *sources, _ = rest.split()
            copied += sources
    assert all((ROOT / source).exists() for source in copied), copied
    needed = {PROJECT["readme"], *PROJECT["license-files"], "pyproject.toml", "classifier"}
    assert needed <= set(copied)


def test_the_constraints_of_the_container_fix_every_direct_dependency(tmp_path):
    """The very ``sed`` of the container file, run on the lock."""
    (program,) = (rest for name, rest in instructions() if name == "RUN" and "sed" in rest)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    step = program.split(" && ")[0]
    subprocess.run(["sh", "-ec", step], cwd=tmp_path, check=True)
    lines = (tmp_path / "constraints.txt").read_text("utf-8").splitlines()
    fixed = {}
    for line in lines:
        if line and not line.startswith("#"):
            one = Requirement(line)
            (version,) = one.specifier
            assert version.operator == "=="
            fixed[one.name] = version.version
    assert "'.[serve]'" in program
    for text in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["serve"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(fixed[wanted.name]), text


def test_the_container_is_no_root_and_its_command_and_environment_are_ours():
    stage = last_stage()
    users = [rest for name, rest in stage if name == "USER"]
    assert users
    assert users[-1] not in ("root", "0")
    assert any(f"useradd --system --uid 10001 --no-create-home {users[-1]}" in r for _, r in stage)
    given = dict(stage)
    call = json.loads(given["ENTRYPOINT"]) + json.loads(given["CMD"])
    assert call[0] in PROJECT["scripts"]
    assert build_parser().parse_args(call[1:]).run is run_serve
    environment = dict(
        pair.split("=", 1) for name, rest in stage if name == "ENV" for pair in rest.split()
    )
    settings = load_settings(None, environment)
    assert not settings.on_loopback
    assert settings.keys is not None
    assert settings.keys.startswith(given["VOLUME"])
    assert str(settings.port) == given["EXPOSE"]
    # What PID 1 is told when the container stops is what the server drains at.
    assert given["STOPSIGNAL"] == "SIGTERM"


def test_the_health_check_of_the_container_answers(server):
    (text,) = (rest for name, rest in last_stage() if name == "HEALTHCHECK")
    assert "127.0.0.1:8000/health/ready" in text
    program, *arguments = json.loads(text.partition("CMD ")[2])
    assert program == "python"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()[1]
        for port, good in ((server.port, True), (nobody, False)):
            call = [one.replace(":8000/", f":{port}/") for one in arguments]
            done = subprocess.run([sys.executable, *call], capture_output=True, check=False)
            assert (done.returncode == 0) is good


def unit() -> configparser.ConfigParser:
    # Types as systemd has them: keys with capitals, "%" is its own.
    found = configparser.ConfigParser(strict=True, interpolation=None)
    found.optionxform = str  # type: ignore[method-assign,assignment]
    found.read_string((DEPLOY / "cadrage@.service").read_text("utf-8"))
    return found


def test_an_instance_of_the_unit_starts_what_exists(tmp_path):
    service = unit()["Service"]
    program, *arguments = service["ExecStart"].replace("%i", "8001").split()
    assert Path(program).name in PROJECT["scripts"]
    options = build_parser().parse_args(arguments)
    assert options.run is run_serve
    assert options.port == 8001
    settings = load_settings(DEPLOY / options.config.name, {}, {"port": options.port})
    assert settings.port == 8001
    assert settings.on_loopback
    assert settings.keys == f"/var/lib/{service['StateDirectory']}/api-keys.json"
    assert service["User"] not in ("root", "0")
    # systemctl then waits until the instance answers, before the next one is restarted.
    assert service["Type"] == "notify"
    assert (service["KillSignal"], "-HUP" in service["ExecReload"]) == ("SIGTERM", True)
    assert float(service["TimeoutStopSec"]) > settings.drain_timeout


def test_systemd_takes_the_unit(tmp_path):
    """With the real program; where there is none the test above has read the file."""
    text = (DEPLOY / "cadrage@.service").read_text("utf-8")
    path = tmp_path / "cadrage@8001.service"
    path.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", text), "utf-8")
    if shutil.which("systemd-analyze"):
        done = subprocess.run(
            ["systemd-analyze", "verify", path], capture_output=True, text=True, check=False
        )
        assert path.name not in done.stderr, done.stderr


def test_the_example_settings_are_valid():
    path = DEPLOY / "serve.toml"
    settings = load_settings(path)
    assert settings.keys
    assert set(tomllib.loads(path.read_text("utf-8"))) <= {
        field.name for field in msgspec.structs.fields(Settings)
    }


def test_the_proxy_agrees_with_units_and_settings():
    text = re.sub(r"#.*", "", (DEPLOY / "nginx.conf").read_text("utf-8"))
    assert text.count("{") == text.count("}")
    # Every line is a block's beginning, its end, or a directive.
    assert not [one for one in map(str.strip, text.splitlines()) if one and one[-1] not in "{};"]
    upstream = re.search(r"upstream (\w+) \{(.*?)\}", text, re.DOTALL)
    assert upstream
    assert f"proxy_pass http://{upstream[1]};" in text
    # least_conn without a zone counts in each worker of nginx apart.
    assert "least_conn;" in upstream[2]
    assert "zone " in upstream[2]
    ports = re.findall(r"server 127\.0\.0\.1:(\d+) max_fails=0;", upstream[2])
    enabled = re.search(r"enable --now (.*)", (DEPLOY / "cadrage@.service").read_text("utf-8"))
    assert enabled
    assert [f"cadrage@{port}" for port in ports] == enabled[1].split()
    settings = load_settings(DEPLOY / "serve.toml")
    assert set(re.findall(r"server_name (\S+);", text)) == set(settings.allowed_hosts)

    def value(name: str) -> str:
        found = re.findall(rf"\b{name} (\d+[ms]);", text)
        assert len(found) == 1, name
        return found[0]

    assert value("client_max_body_size") == f"{settings.max_body_bytes >> 20}m"
    assert value("client_body_timeout") == f"{settings.body_timeout:g}s"
    assert value("client_header_timeout") == f"{settings.head_timeout:g}s"
    assert int(value("proxy_read_timeout")[:-1]) > settings.time_limit


def test_two_instances_are_one_service(model_directory, tmp_path, seed):
    """Asked in turn: the same bytes, the same keys; each has its own metrics."""
    keys = tmp_path / "keys.json"
    key = subprocess.run(
        [sys.executable, "-m", "classifier", "keys", "add", "desk", "--file", str(keys)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    ).stdout.strip()  # fmt: skip
    arguments = ("--model", str(model_directory))
    bodies = [{"document": seed}, {"text": "Selon Reuters, le navire aurait coulé."}]
    with running(*arguments, keys=str(keys)) as one, running(*arguments, keys=str(keys)) as two:
        assert one.port != two.port
        for body in bodies:
            answers = [
                instance.score(body, Authorization=f"Bearer {key}", X_Request_ID="r")
                for instance in islice(cycle((one, two)), 4)
            ]
            assert {answer.status for answer in answers} == {200}
            assert len({answer.body for answer in answers}) == 1
        for instance in (one, two):
            told = instance.get("/metrics", Authorization=f"Bearer {key}").body.decode()
            assert re.search(r'route="/v1/articles:score"[^\n]*\} 4\b', told), told
        subprocess.run(
            [sys.executable, "-m", "classifier", "keys", "revoke", "desk", "--file", str(keys)],
            capture_output=True, check=True, cwd=ROOT,
        )  # fmt: skip
        for instance in (one, two):
            assert instance.score(bodies[1], Authorization=f"Bearer {key}").status == 401
        # One that is told to stop leaves the other at work.
        assert one.stop() == 0
        with pytest.raises(ConnectionError):
            one.get("/health/ready")
        assert two.get("/health/ready").status == http.client.OK
