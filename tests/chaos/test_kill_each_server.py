"""SIGKILL of each process in turn, under load: it heals by itself, and from then on every answer is right.

At the end the registry, EHRbase, the streams and the audit log are compared with each other.
"""

import asyncio

import pytest
from openward_cli.demo.client import ANSWER_SECONDS, Client
from openward_cli.http import make_client
from openward_cli.stack import Stack
from openward_testkit.clinic import Clinic
from openward_testkit.comparison import compare_all
from openward_testkit.killing import kill, killable
from openward_testkit.ledger import Ledger
from openward_testkit.load import Load
from openward_testkit.visit import visit

#: So that the kill finds writes on their way.
WORKING_SECONDS = 1.0


@pytest.fixture(scope="module")
def load(clinic: Clinic) -> Load:
    """Repeats what was not acknowledged, as clients do; any answer but "away" and the right one fails."""
    return Load(clinic)


@pytest.mark.parametrize("name", killable(Stack()))
async def test_a_killed_process_is_healed_and_everything_answers(stack: Stack, load: Load, name: str) -> None:
    async with load.going_on(clerks=1, clinicians=1):
        await asyncio.sleep(WORKING_SECONDS)
        await kill(stack, name).healed()
        # Who signs in now and repeats nothing.
        async with make_client(stack.gateway_url, seconds=ANSWER_SECONDS) as http:
            await visit(Clinic(stack, Client(stack, http), patience=0))


async def test_what_was_acknowledged_is_kept_and_has_one_event_in_order(stack: Stack, load: Load) -> None:
    ledger = Ledger(stack)
    await ledger.settled(seconds=180)
    patients, versions = await ledger.patients(), await ledger.versions("comp")

    assert [p.patient_id for p in load.registered if patients[p.patient_id] != 1] == []
    assert [uid for uid in load.written if versions[uid] != 1] == []
    await compare_all(ledger)
