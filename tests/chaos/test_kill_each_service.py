"""SIGKILL of each service in turn under load: nothing acknowledged is lost, no event missing, double or late.

Compares the registry, EHRbase, the streams and the audit log with what was acknowledged, and with each other.
"""

import asyncio

import pytest
from openward_cli.stack import Service, Stack
from openward_contracts.catalogue import STREAMS
from openward_testkit.clinic import SYSTOLIC, Clinic
from openward_testkit.comparison import compare_audit, compare_order, compare_patients, compare_versions
from openward_testkit.killing import kill
from openward_testkit.ledger import Ledger
from openward_testkit.load import Load

CLERKS, CLINICIANS = 2, 3


@pytest.fixture(scope="module")
async def load(clinic: Clinic, stack: Stack) -> Load:
    """What was acknowledged while each service in turn was killed."""
    load = Load(clinic)
    async with load.going_on(clerks=CLERKS, clinicians=CLINICIANS):
        for service in Service:
            await asyncio.sleep(3)
            replicas = [stack.process(service, replica) for replica in range(stack.replicas)]
            await kill(stack, *replicas).healed()
        await asyncio.sleep(3)
    await Ledger(stack).settled(seconds=180)
    return load


@pytest.fixture(scope="module")
async def ledger(load: Load) -> Ledger:
    """After the load, with nothing on its way any more."""
    return Ledger(load.clinic.stack)


async def test_every_acknowledged_registration_is_kept_and_has_its_ehr(load: Load, ledger: Ledger) -> None:
    assert len(load.registered) > CLINICIANS
    known = await ledger.patients()

    assert [p.patient_id for p in load.registered if known[p.patient_id] != 1] == []
    for person in load.registered:
        await load.clinic.until_ready(person)


async def test_every_acknowledged_version_is_in_ehrbase_once(load: Load, ledger: Ledger) -> None:
    assert load.written
    versions = await ledger.versions("comp")

    assert [uid for uid in load.written if versions[uid] != 1] == []
    assert [uid for uid, count in versions.items() if count != 1] == []


async def test_every_acknowledged_version_can_be_read_as_it_was_written(load: Load) -> None:
    for uid, (person, value) in list(load.written.items())[-20:]:
        answer = await load.clinic.read(person, uid)
        assert answer.status == 200
        assert answer.value(SYSTOLIC) == value


async def test_every_version_has_one_event_and_every_event_a_version(ledger: Ledger) -> None:
    await compare_versions(ledger)


async def test_every_patient_has_one_event_and_every_event_a_patient(ledger: Ledger) -> None:
    await compare_patients(ledger)


@pytest.mark.parametrize("stream", STREAMS)
async def test_audit_has_every_message_once_in_the_stream_s_order(ledger: Ledger, stream: str) -> None:
    await compare_audit(ledger, stream)


@pytest.mark.parametrize("stream", STREAMS)
async def test_the_order_of_each_aggregate_is_kept(ledger: Ledger, stream: str) -> None:
    await compare_order(ledger, stream)
