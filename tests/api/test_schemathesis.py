"""A short run of schemathesis against the described interface: no 5xx, nothing undescribed."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from facegate.http.openapi import document
from tests.api.conftest import Api, running

SCHEMA = schemathesis.openapi.from_dict(document())
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations()]


@pytest.fixture(scope="module")
def claimed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running(tmp_path_factory.mktemp("schemathesis")) as api:
        api.enroll("Ana")
        api.access.claim(api.access.create_setup_link())
        yield api


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_described_requests_get_described_answers(operation: Any, signed_in: bool, claimed: Api) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=15,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any) -> None:
        headers = {"Origin": claimed.origin, "X-Facegate": "1"}
        if signed_in:
            sid, _ = claimed.access.claim(claimed.access.create_setup_link())
            headers["Cookie"] = f"facegate={sid}"
        answer = case.call(base_url=claimed.url, headers=headers)
        case.validate_response(answer)

    run()


def test_the_document_is_valid_and_whole() -> None:
    SCHEMA.validate()
    assert len(OPERATIONS) == 7


def test_undescribed_methods_change_nothing(claimed: Api) -> None:
    for path in ("/v1/people", "/v1/session", "/healthz"):
        for method in ("PUT", "PATCH", "POST", "DELETE", "TRACE"):
            answer = httpx.request(method, claimed.url + path)
            assert answer.status_code in {403, 405}, (method, path)
