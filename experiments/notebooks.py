"""The notebooks: run top to bottom and rendered to HTML, or stripped of their outputs for git.

A rendered notebook may show sentences of others: it is written to ``.cadrage``, outside git.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
HEAD = {"kernelspec", "language_info"}
# The page stands alone: no script of another server, and the notebooks hold no formula.
TEMPLATE = """{% extends "lab/index.html.j2" %}
{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block extra_css %}{% endblock %}"""


def paths() -> list[Path]:
    """Return all notebooks, in order."""
    return sorted(FOLDER.glob("*.ipynb"))


def read(path: Path) -> Any:
    """Return a notebook, checked against its format."""
    import nbformat

    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    return book


def strip(book: Any) -> Any:
    """Return the notebook without outputs, counts and what an editor adds."""
    for cell in book.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    book.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return book


def text_of(book: Any) -> str:
    """Return a notebook as the text of its file."""
    import nbformat

    return str(nbformat.writes(book, indent=1)) + "\n"


def run(book: Any, *, articles: int = 0, seconds: int = 600) -> Any:
    """Run every cell in order in a fresh kernel; an error ends it.

    Args:
        articles: how many articles to look at; 0 for all.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    from nbclient import NotebookClient
    from traitlets.config import Config

    environment = {**os.environ, "CADRAGE_ARTICLES": str(articles)}
    environment.pop("CADRAGE_SCHEMA", None)  # notebook 4 sets its own
    with tempfile.TemporaryDirectory(prefix="nb-") as folder:
        config = Config()
        if os.name == "posix":
            # Files instead of ports of this machine; absolute, since the kernel stands elsewhere.
            config.KernelManager.transport = "ipc"
            config.KernelManager.ip = str(Path(folder) / "k")
        client = NotebookClient(
            book,
            timeout=seconds,
            startup_timeout=seconds,
            kernel_name="python3",
            resources={"metadata": {"path": str(FOLDER)}},
            config=config,
        )
        client.execute(env=environment)
    return book


def warnings_of(book: Any) -> list[str]:
    """Return what the cells of a notebook that has run wrote to stderr and looks like a warning."""
    return [
        output.text
        for cell in book.cells
        for output in cell.get("outputs", ())
        if output.output_type == "stream"
        and output.name == "stderr"
        and re.search(r"Warning|Traceback", output.text)
    ]


def render(book: Any, title: str) -> str:
    """Return a notebook as one HTML page that asks nothing of any server."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(raw_template=TEMPLATE, embed_images=True)
    page, _ = exporter.from_notebook_node(book, {"metadata": {"name": title}})
    return str(page)


def main(arguments: list[str] | None = None) -> int:
    """Run and render, or strip."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", nargs="*", type=Path, help="default: all")
    parser.add_argument("--out", type=Path, default=Path(".cadrage/notebooks"))
    parser.add_argument("--articles", type=int, default=0, help="a small slice; default: all")
    parser.add_argument("--strip", action="store_true", help="only remove outputs, in place")
    options = parser.parse_args(arguments)
    for path in options.notebook or paths():
        book = read(path)
        if options.strip:
            path.write_text(text_of(strip(book)), "utf-8")
            continue
        print(path.name, file=sys.stderr)
        run(book, articles=options.articles)
        for warning in warnings_of(book):
            print(warning, file=sys.stderr)
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / f"{path.stem}.html").write_text(render(book, path.stem), "utf-8")
        if warnings_of(book):
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
