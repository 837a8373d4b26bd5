"""The clients in docs/api.md do what they say, and it names every setting and problem."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import msgspec

from classifier.serving.problems import KINDS
from classifier.serving.settings import Settings
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")


def client(name: str, address: str) -> str:
    found = re.search(rf"<!-- client: {name} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert found
    assert "http://127.0.0.1:8000" in found[1]
    return found[1].replace("http://127.0.0.1:8000", address)


def test_ten_lines_of_python(server):
    program = client("python", server.address)
    assert len([line for line in program.splitlines() if line.strip()]) <= 11
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert "coulé. ['attribution_hedging'" in done.stdout


def test_curl(server):
    assert shutil.which("curl"), "curl is part of every machine that runs these tests"
    done = subprocess.run(
        ["sh", "-c", client("curl", server.address)], capture_output=True, check=True
    )
    assert json.loads(done.stdout)["sentences"][0]["labels"]["attribution_hedging"]["positive"]


def test_every_setting_and_problem_is_documented():
    for field in msgspec.structs.fields(Settings):
        assert f"`{field.name}`" in PAGE, field.name
    for kind, about in KINDS.items():
        assert f"`{kind}`" in PAGE, kind
        assert str(about.status) in PAGE
