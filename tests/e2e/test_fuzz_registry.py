"""Whatever is sent to the registry, natively or as FHIR, it answers: never with a server's error."""

import asyncio
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openward_cli.stack import REPOSITORY, Stack
from openward_cli.token import user_token

#: Streams that do not end by themselves.
_STREAMS = r"/imports/\{import_id\}/(events|content)$"
_BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}

api = (
    schemathesis.openapi.from_path(REPOSITORY / "docs" / "openapi.json")
    .include(path_regex=r"^/(api/patients/v1|fhir/r4/(Patient|metadata)|openehr/v1/demographic)")
    .exclude(path_regex=_STREAMS)
)


@pytest.fixture(scope="session")
def tokens(stack: Stack) -> dict[str, str]:
    """By user: a clerk, and an administrator for what a clerk may not."""
    return {user: asyncio.run(user_token(stack, user)) for user in ("clara", "olaf")}


@api.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
def test_no_request_breaks_it(case: schemathesis.Case[Any], stack: Stack, tokens: dict[str, str]) -> None:
    administrates = "/imports" in case.path or "/domains" in case.path
    token = tokens["olaf" if administrates else "clara"]

    answer = case.call(base_url=stack.gateway_url, headers={"Authorization": f"Bearer {token}"}, timeout=70)

    assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR or answer.status_code in _BUSY, answer.text
