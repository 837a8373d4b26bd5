"""Figures in documents come from runs: the documents are what the results say."""

from __future__ import annotations

import pytest

from classifier.models.store import default_directory, open_model
from experiments.documents import DOCUMENTS, MODELS, read, render


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_documents_are_what_the_results_say(path):
    text = path.read_text("utf-8")
    assert render(text) == text, "run: python -m experiments.documents"


def test_the_results_are_of_the_model_that_ships():
    shipped = open_model(default_directory())
    assert read("default")["model"]["sha256"] == shipped.sha256, "run: make results"
    for name in ("signals", "headlines", "chains"):
        assert read(name)["model"] == shipped.sha256, (
            f"measure again: experiments/results/{name}.json"
        )


@pytest.mark.parametrize("name", MODELS)
def test_results_state_their_intervals(name):
    assert read(name)["intervals"]["resampled"] == "whole articles"
