# Two commands for a newcomer: `make score` and `make test`. Everything else is listed by `make help`.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
SEED   := seeds/000_c8f4650f96df5b00.txt

.PHONY: help score test setup setup-dev check lint format types tests results documents notebooks benchmark-speed benchmark-encoder test-camembert test-ray lock wheel clean benchmark-segmentation

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-22s %s\n", $$1, $$2}'

# Byte code is written for what is used only: it is a third of the installed size.
$(VENV)/.base: requirements/base.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --no-compile --require-hashes -r requirements/base.txt
	$(PIP) --no-compile --no-deps -e .
	@$(BIN)/python -m pip uninstall --quiet --yes setuptools 2>/dev/null || true
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	$(PIP) --no-compile --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/.base ## make .venv with what scoring needs
setup-dev: $(VENV)/.dev ## add what training and testing need

score: $(VENV)/.base ## score the seed article
	@$(BIN)/cadrage score $(SEED)

test: check ## set up and run everything CI runs

check: lint types tests

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.dev ## format the code and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev
	$(BIN)/mypy

tests: $(VENV)/.dev
	$(BIN)/pytest

results: $(VENV)/.dev ## train and judge the default model and two baselines again (needs fetched text)
	$(BIN)/cadrage train experiments/default.toml --out classifier/resources/default_model
	$(BIN)/cadrage train experiments/lexicon.toml --out .cadrage/models/lexicon --no-track
	$(BIN)/cadrage train experiments/keywords.toml --out .cadrage/models/keywords --no-track
	$(BIN)/cadrage evaluate --json experiments/results/default.json
	$(BIN)/cadrage evaluate .cadrage/models/lexicon --json experiments/results/lexicon.json --no-track
	$(BIN)/cadrage evaluate .cadrage/models/keywords --json experiments/results/keywords.json --no-track
	$(BIN)/python -m experiments.documents

benchmark-speed: $(VENV)/.dev ## cold start, sentences/s and one sentence, side by side
	$(BIN)/python -m experiments.benchmarks.speed --json experiments/results/speed.json

# Encoders live apart: torch is ten times what the project itself needs.
TORCH := .cadrage/venv-torch
$(TORCH)/.done: pyproject.toml
	@test -x $(TORCH)/bin/python || $(PYTHON) -m venv $(TORCH)
	$(TORCH)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(TORCH)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[camembert,train,serve,batch,dev]'
	@touch $@

benchmark-encoder: $(TORCH)/.done ## encoders: transformers' pipeline beside ONNX int8 on every core
	$(TORCH)/bin/python -m experiments.benchmarks.encoder --json experiments/results/encoder-speed.json

test-camembert: $(TORCH)/.done ## the encoders' tests, in an environment of its own (1 GB)
	$(TORCH)/bin/pytest tests/models/test_camembert.py tests/models/test_onnx.py tests/models/test_pretraining.py tests/models/test_soft_labels.py tests/models/test_ablations.py

# Ray lives apart too. The test starts a head and two nodes on this machine and kills one.
RAY := .cadrage/venv-ray
$(RAY)/.done: pyproject.toml
	@test -x $(RAY)/bin/python || $(PYTHON) -m venv $(RAY)
	$(RAY)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[ray,batch,serve,train,dev]'
	@touch $@

test-ray: $(RAY)/.done ## the Ray engine's tests, in an environment of its own (700 MB)
	$(RAY)/bin/pytest tests/batch/test_ray.py tests/test_agreement.py

notebooks: $(VENV)/.dev ## run the notebooks and render them to .cadrage/notebooks/*.html
	$(BIN)/python -m experiments.notebooks

documents: $(VENV)/.dev ## write the generated parts of the documents
	$(BIN)/python -m experiments.documents

lock: ## lock versions again after a change in pyproject.toml (needs uv)
	uv pip compile pyproject.toml -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" -o requirements/base.txt
	uv pip compile pyproject.toml -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" --extra batch --extra train --extra serve --extra dev -c requirements/base.txt -o requirements/dev.txt
	uv pip compile pyproject.toml -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" --extra compare -c requirements/base.txt -o requirements/compare.txt

# The other segmenters live apart: .venv keeps to what the project itself needs.
COMPARE := .cadrage/venv-compare
$(COMPARE)/.done: requirements/compare.txt pyproject.toml
	@test -x $(COMPARE)/bin/python || $(PYTHON) -m venv $(COMPARE)
	$(COMPARE)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/compare.txt
	$(COMPARE)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

benchmark-segmentation: $(COMPARE)/.done ## measure the segmenter beside five others
	$(COMPARE)/bin/python -m experiments.benchmarks.segmentation --json experiments/results/segmentation.json

wheel: $(VENV)/.dev ## build the wheel into dist/
	$(BIN)/python -m build --wheel --outdir dist .

clean: ## remove the environment and caches
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
