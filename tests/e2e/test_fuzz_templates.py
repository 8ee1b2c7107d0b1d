"""Whatever is sent to the templates, natively or as openEHR, they answer: never with a server's error."""

import asyncio
from http import HTTPStatus
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openward_cli.demo import vital_signs
from openward_cli.stack import REPOSITORY, Stack
from openward_cli.token import user_token

_BUSY: Final = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
#: Its own, since it may be retired or deleted on the way.
_TEMPLATE: Final = "fuzz openward_vital_signs.v1"

api = schemathesis.openapi.from_path(REPOSITORY / "docs" / "openapi.json").include(
    path_regex=r"^/(api/templates/v1|openehr/v1/definition/template)"
)


@pytest.fixture(scope="session")
def author(stack: Stack) -> dict[str, str]:
    """Has uploaded the template."""
    headers = {"Authorization": f"Bearer {asyncio.run(user_token(stack, 'tomas'))}"}
    opt = vital_signs.opt().replace(vital_signs.TEMPLATE_ID.encode(), _TEMPLATE.encode())
    url = f"{stack.gateway_url}/api/templates/v1/templates"
    made = httpx.post(url, content=opt, headers={**headers, "Content-Type": "application/xml"}, timeout=30)
    assert made.status_code in {200, 201}, made.text
    return headers


@api.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
def test_no_request_breaks_it(case: schemathesis.Case[Any], stack: Stack, author: dict[str, str]) -> None:
    """Every second one is about a template that there is."""
    if len(str(case.path_parameters)) % 2:
        there = {"template_id": _TEMPLATE, "version": "1.0.0"}
        case.path_parameters |= {name: there[name] for name in case.path_parameters if name in there}

    answer = case.call(base_url=stack.gateway_url, headers=author, timeout=30)

    assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR or answer.status_code in _BUSY, answer.text
