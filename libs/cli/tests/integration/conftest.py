"""One EHRbase for all tests of the change capture: it takes a while to start."""

from collections.abc import AsyncIterator

import pytest
from openward_cli.stack import Stack
from openward_testkit.ehrbase import Cdr, running_cdr


@pytest.fixture(scope="session")
async def cdr(stack: Stack) -> AsyncIterator[Cdr]:
    async with running_cdr(stack) as cdr:
        yield cdr
