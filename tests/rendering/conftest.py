"""The two articles that most tests look at."""

from __future__ import annotations

import pytest

from classifier.records import ArticleScore

from . import samples


@pytest.fixture
def seed_score() -> ArticleScore:
    return samples.seed_score()


@pytest.fixture
def trap_score() -> ArticleScore:
    return samples.trap_score()
