"""Requests made up from the OpenAPI document: no 5xx, and answers as the document says."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import HealthCheck, Phase, given, settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.specs.openapi.checks import positive_data_acceptance

OPERATIONS = (
    "POST /v1/articles:score",
    "POST /v1/articles:batch",
    "POST /v1/articles:parse",
    "GET /v1/models/current",
    "GET /v1/labels",
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
)
# Whether a text is one, and whether a page holds an article, no schema can say.
_BEYOND = [positive_data_acceptance]


@pytest.fixture(scope="module")
def operations(server):
    found = schemathesis.openapi.from_url(f"{server.address}/openapi.json")
    return {one.ok().label: one.ok() for one in found.get_all_operations()}


def test_every_operation_is_tried(operations):
    assert sorted(operations) == sorted(OPERATIONS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("name", OPERATIONS)
def test_no_failure_of_the_server(operations, name, mode):
    operation = operations[name]
    if mode is GenerationMode.NEGATIVE and name.startswith("GET"):
        return  # There is nothing to send that could be wrong.

    @settings(
        max_examples=15 if name.startswith("POST") else 3,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def every(case):
        answer = case.call()
        assert answer.status_code < 500, answer.content[:300]
        case.validate_response(answer, excluded_checks=_BEYOND)

    every()
