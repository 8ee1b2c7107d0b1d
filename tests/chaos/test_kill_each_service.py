"""SIGKILL of each service in turn under load: nothing acknowledged is lost, no event missing, double or late.

Compares the registry, EHRbase, the streams and the audit log with what was acknowledged, and with each other.
"""

import asyncio
import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from openward_cli.stack import Service, Stack
from openward_cli.supervision.control import Supervisor
from openward_contracts.catalogue import STREAMS
from openward_contracts.clinical import CompositionCreated, CompositionUpdated, EhrCreated
from openward_contracts.event import Event
from openward_contracts.patients import PatientRegistered
from openward_contracts.payload import Payload
from openward_testkit.clinic import Clinic, Person
from openward_testkit.ledger import Ledger

CLERKS, CLINICIANS = 2, 3
RESTART_SECONDS = 60


@dataclass
class Load:
    """People at work, and what was acknowledged to them."""

    clinic: Clinic
    registered: list[Person] = field(default_factory=list)
    written: dict[str, tuple[Person, float]] = field(default_factory=dict)
    stopping: bool = False

    async def clerk(self) -> None:
        while not self.stopping:
            self.registered.append(await self.clinic.register())
            await asyncio.sleep(0.2)

    async def clinician(self, number: int) -> None:
        person = await self.clinic.register()
        self.registered.append(person)
        await self.clinic.until_ready(person)
        value = 100.0 + number
        while not self.stopping:
            value += 10
            uid = await self.clinic.record(person, value)
            self.written[uid] = (person, value)
            corrected = await self.clinic.correct(person, uid, value + 1)
            self.written[corrected] = (person, value + 1)


def kill(stack: Stack, service: Service) -> list[int]:
    """Every process of the service at once."""
    states = Supervisor(stack).states()
    pids = [states[stack.process(service, replica)].pid for replica in range(stack.replicas)]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return pids


async def restarted(stack: Stack, service: Service, killed: Sequence[int]) -> None:
    give_up = time.monotonic() + RESTART_SECONDS
    names = [stack.process(service, replica) for replica in range(stack.replicas)]
    while True:
        states = await asyncio.to_thread(Supervisor(stack).states)
        if all(states[n].name == "RUNNING" and states[n].pid not in killed for n in names):
            return
        assert time.monotonic() < give_up, f"{service} did not come back"
        await asyncio.sleep(0.3)


@pytest.fixture(scope="module")
async def load(clinic: Clinic, stack: Stack) -> Load:
    """What was acknowledged while each service in turn was killed."""
    load = Load(clinic)
    async with asyncio.TaskGroup() as people:
        for _ in range(CLERKS):
            people.create_task(load.clerk())
        for number in range(CLINICIANS):
            people.create_task(load.clinician(number))
        for service in Service:
            await asyncio.sleep(3)
            await restarted(stack, service, kill(stack, service))
        await asyncio.sleep(3)
        load.stopping = True
    await Ledger(stack).settled(seconds=90)
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
        assert answer.value("vital_signs/blood_pressure/any_event:0/systolic|magnitude") == value


async def test_every_version_has_one_event_and_every_event_a_version(ledger: Ledger) -> None:
    ehrs = await ledger.ehrs()
    events = await ledger.stream("CLINICAL")
    written = [e.data for e in events if isinstance(e.data, CompositionCreated | CompositionUpdated)]
    made = [e.data for e in events if isinstance(e.data, EhrCreated)]

    said = Counter(str(data.version_uid) for data in written if data.ehr_id in ehrs)
    assert said == await ledger.versions("comp")
    assert Counter(data.ehr_id for data in made if data.ehr_id in ehrs) == Counter(ehrs)


async def test_every_patient_has_one_event_and_every_event_a_patient(ledger: Ledger) -> None:
    events = await ledger.stream("PATIENTS")
    said = Counter(str(e.data.patient_id) for e in events if isinstance(e.data, PatientRegistered))

    assert said == await ledger.patients()


@pytest.mark.parametrize("stream", STREAMS)
async def test_audit_has_every_message_once_in_the_stream_s_order(ledger: Ledger, stream: str) -> None:
    sent = [str(event.id) for event in await ledger.stream(stream)]

    assert await ledger.entries(stream) == sent
    assert len(set(sent)) == len(sent)
    assert await ledger.gaps() == 0


@pytest.mark.parametrize("stream", ["PATIENTS", "CLINICAL", "TEMPLATES"])
async def test_the_order_of_each_aggregate_is_kept(ledger: Ledger, stream: str) -> None:
    of_aggregate: dict[str, list[Event[Payload]]] = defaultdict(list)
    for event in await ledger.stream(stream):
        of_aggregate[event.envelope.aggregate_id].append(event)

    for events in of_aggregate.values():
        versions = [event.envelope.aggregate_version for event in events]
        assert versions == sorted(versions)
