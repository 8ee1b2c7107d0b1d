"""All requests, sent once to a running stack: to EHRbase and through the gateway."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from openward_cli.stack import Stack
from openward_testkit.differential.asking import scenarios
from openward_testkit.differential.outcome import Outcome
from openward_testkit.differential.preparing import prepared
from openward_testkit.differential.running import run

HERE = Path(__file__).parent
#: Of openEHR_SDK's test data, by file name.
TEST_DATA = (
    "AlternativeEvents",
    "Diagnose",
    "IDCR - Problem List.v1",
    "single_event",
    "minimal_evaluation",
    "minimal_instruction",
    "nested.en.v1",
    "Patientenaufenthalt",
    "stationärer_versorgungsfall",
    "Test_all_types",
    "conformance_ehrbase.de.v0",
)


@pytest.fixture(scope="session")
async def outcome(stack: Stack) -> AsyncIterator[Outcome]:
    named = yaml.safe_load((HERE / "bodies" / "documents.yaml").read_text(encoding="utf-8"))
    async with prepared(stack, named, TEST_DATA) as sides:
        exchanges, unasked = await run(scenarios(HERE), sides.theirs, sides.ours, known=sides.known)
        yield Outcome(exchanges, unasked)
