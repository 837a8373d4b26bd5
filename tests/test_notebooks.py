"""The notebooks run top to bottom on a small slice, hold no output in git, and render to HTML."""

from __future__ import annotations

import ast
import html
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("nbformat", reason="the notebooks need the extra 'dev'")

from experiments.notebooks import paths, read, render, run, strip, text_of, warnings_of

ROOT = Path(__file__).parent.parent
TEXT = re.compile(r'<div class="jp-RenderedText[^>]*>\s*<pre>(.*?)</pre>', re.DOTALL)


def ends_in_figure(cell):
    """Say whether a cell's last line shows a figure: a name ``figure`` or a ``…_figure(…)``."""
    if cell.cell_type != "code":
        return False
    # Jupyter's own commands (%matplotlib) are no Python.
    last = ast.parse(re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE)).body[-1]
    shown = last.value if isinstance(last, ast.Expr) else None
    if isinstance(shown, ast.Name):
        return shown.id == "figure"
    return isinstance(shown, ast.Call) and ast.unparse(shown.func).endswith("_figure")


def test_there_are_four():
    assert [path.name[0] for path in paths()] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("path", paths(), ids=lambda path: path.stem)
def test_outputs_are_stripped_in_git(path):
    book = read(path)
    for cell in book.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    assert path.read_text("utf-8") == text_of(strip(book)), (
        f"run: python -m experiments.notebooks --strip {path}"
    )


def test_an_output_would_be_seen(tmp_path):
    from nbformat.v4 import new_output

    book = read(paths()[0])
    clean = text_of(strip(book))
    cell = next(cell for cell in book.cells if cell.cell_type == "code")
    cell.outputs = [new_output("stream", name="stdout", text="une phrase d'autrui")]
    cell.execution_count = 3
    assert text_of(book) != clean
    assert text_of(strip(book)) == clean


def test_a_warning_and_an_error_would_be_seen():
    from nbclient.exceptions import CellExecutionError
    from nbformat.v4 import new_code_cell, new_notebook

    noisy = "import warnings; warnings.warn('weak', RuntimeWarning)"
    book = run(new_notebook(cells=[new_code_cell(noisy)]))
    assert "RuntimeWarning: weak" in warnings_of(book)[0]
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        run(new_notebook(cells=[new_code_cell("1 / 0")]))


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="needs the extra 'train'")
@pytest.mark.parametrize("path", paths(), ids=lambda path: path.stem)
def test_it_runs_top_to_bottom_and_renders(path, tmp_path):
    before = {file: file.stat().st_mtime_ns for file in ROOT.glob("notebooks/**/*")}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "experiments.notebooks",
            str(path),
            "--articles",
            "40",
            "--out",
            str(tmp_path),
        ],
        cwd=ROOT,
        env={**os.environ, "CADRAGE_HOME": str(tmp_path / "home")},  # the written corpus alone
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Warning" not in done.stderr
    page = (tmp_path / f"{path.stem}.html").read_text("utf-8")
    # Only pictures that the page holds, nothing from a server; every cell with code has run.
    loaded = re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="([^"]*)"', page)
    assert [one[:30] for one in loaded if not one.startswith("data:")] == []
    assert "@import" not in page
    drawn = sum(map(ends_in_figure, read(path).cells))
    assert drawn >= 1
    assert page.count('src="data:image/png;base64,') == drawn
    assert "<Figure size" not in re.sub(r'alt="[^"]*"', "", html.unescape(page))
    assert "In&nbsp;[&nbsp;]" not in page
    assert TEXT.search(page)
    assert {file: file.stat().st_mtime_ns for file in ROOT.glob("notebooks/**/*")} == before


def test_rendering_asks_nothing_of_a_server():
    page = render(read(paths()[2]), "neutrality")
    assert "Neutrality and calibration" in page
    assert not re.search(r"<script[^>]+src=", page)
    assert "cdnjs" not in page
