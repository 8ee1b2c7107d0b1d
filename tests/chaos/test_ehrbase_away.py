"""While EHRbase is away nothing is said to be written, and no record looks empty."""

import asyncio
import time

from openward_cli.demo import vital_signs
from openward_cli.demo.client import Client
from openward_cli.stack import Stack
from openward_cli.supervision.control import Supervisor
from openward_testkit.clinic import CLINICIAN, Clinic, vitals
from openward_testkit.visit import visit

FLAT = {"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"}
#: The longest that anybody has to wait for an honest answer.
PATIENCE_SECONDS = 30.0


async def test_without_ehrbase_nothing_is_lost_in_silence_and_no_record_looks_empty(
    stack: Stack, client: Client, clinic: Clinic
) -> None:
    person = await clinic.register()
    await clinic.until_ready(person)
    uid = await clinic.record(person, 118)
    supervisor, everything = Supervisor(stack), {"q": "SELECT e FROM EHR e"}
    await asyncio.to_thread(supervisor.stop, "ehrbase")
    try:
        began = time.monotonic()
        written = await client.send(
            CLINICIAN, "POST", f"{person.record}/compositions", params=FLAT, json=vitals(119)
        )
        asked = await client.send(CLINICIAN, "POST", f"{person.record}/query", json=everything)
        took = time.monotonic() - began
    finally:
        await asyncio.to_thread(supervisor.start, "ehrbase")
    found = await clinic.query(person)

    assert [written.status, asked.status] == [503, 503]
    assert all(int(answer.headers["retry-after"]) > 0 for answer in (written, asked))
    assert took < PATIENCE_SECONDS
    assert found.value("rows") == [[uid, 118]]
    await visit(clinic)
