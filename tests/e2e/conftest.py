"""The running stack `test`, spoken to through its gateway as its users."""

from collections.abc import AsyncIterator

import pytest
from openward_cli.demo.client import ANSWER_SECONDS, Client
from openward_cli.http import make_client
from openward_cli.stack import Stack
from openward_testkit.clinic import Clinic


@pytest.fixture(scope="session")
async def client(stack: Stack) -> AsyncIterator[Client]:
    async with make_client(stack.gateway_url, seconds=ANSWER_SECONDS) as http:
        yield Client(stack, http)


@pytest.fixture(scope="session")
async def clinic(stack: Stack, client: Client) -> Clinic:
    clinic = Clinic(stack, client)
    await clinic.upload_template()
    return clinic
