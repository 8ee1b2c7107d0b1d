"""SIGKILL at each step between the decision to merge and the registry's word that all have followed.

The system is held still at the step from outside, by a locked table or a frozen server, and killed there. It
finishes by itself: one decision, one event of each kind, EHR_STATUS and both databases agreeing.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from openward_cli.stack import Service, Stack
from openward_contracts.clinical import EhrMerged, EhrUnmerged
from openward_contracts.patients import PatientMerged, PatientUnmerged
from openward_testkit.barriers import frozen, locked
from openward_testkit.clinic import CLERK, CLINICIAN, Clinic, Person
from openward_testkit.killing import kill
from openward_testkit.ledger import Ledger

MERGES = "/api/patients/v1/merges"
FOLLOWED_SECONDS = 90.0

Decide = Callable[[], Awaitable[Any]]


async def committed_but_unknown_to_nats(stack: Stack, decide: Decide) -> None:
    with frozen(stack, "nats"):
        await decide()
        killed = kill(stack, *_processes(stack, Service.PATIENTS))
    await killed.healed()


async def before_clinical_records_it(stack: Stack, decide: Decide) -> None:
    await _at_lock(stack, decide, "clinical", "patient_merge", Service.CLINICAL)


async def before_ehrbase_is_told(stack: Stack, decide: Decide) -> None:
    with frozen(stack, "ehrbase"):
        await decide()
        await asyncio.sleep(1)  # it has come to EHRbase by then, which cannot be seen from outside
        killed = kill(stack, *_processes(stack, Service.CLINICAL))
    await killed.healed()


async def before_clinical_says_that_it_is_done(stack: Stack, decide: Decide) -> None:
    await _at_lock(stack, decide, "clinical", "outbox_event", Service.CLINICAL)


async def when_the_relay_has_published_and_not_noted_it(stack: Stack, decide: Decide) -> None:
    await _at_lock(stack, decide, "clinical", "outbox_sent", Service.CLINICAL)


async def before_the_registry_notes_it(stack: Stack, decide: Decide) -> None:
    async with AsyncExitStack() as held:
        with frozen(stack, "ehrbase"):
            await decide()
            barrier = await held.enter_async_context(locked(stack, "patients", "merge"))
        await barrier.reached()
        killed = kill(stack, *_processes(stack, Service.PATIENTS))
    await killed.healed()


STEPS = (
    committed_but_unknown_to_nats,
    before_clinical_records_it,
    before_ehrbase_is_told,
    before_clinical_says_that_it_is_done,
    when_the_relay_has_published_and_not_noted_it,
    before_the_registry_notes_it,
)


async def _at_lock(stack: Stack, decide: Decide, database: str, table: str, service: Service) -> None:
    async with locked(stack, database, table) as barrier:
        await decide()
        await barrier.reached()
        killed = kill(stack, *_processes(stack, service))
    await killed.healed()


def _processes(stack: Stack, service: Service) -> list[str]:
    return [stack.process(service, replica) for replica in range(stack.replicas)]


@dataclass
class Desk:
    """A clerk who merges and takes back, and what was decided."""

    clinic: Clinic
    merged: list[str] = field(default_factory=list)
    unmerged: list[str] = field(default_factory=list)

    async def pair(self) -> tuple[Person, Person]:
        people = [await self.clinic.register() for _ in range(2)]
        for person in people:
            await self.clinic.until_ready(person, seconds=60)
        return people[0], people[1]

    async def merge(self, source: Person, target: Person) -> str:
        pair = {"source_id": source.patient_id, "target_id": target.patient_id}
        preview = await self.clinic.insist(CLERK, "POST", f"{MERGES}/preview", json=pair)
        versions = {f"{who}_version": preview.value(who)["version"] for who in ("source", "target")}
        body = {**pair, **versions, "reason": "the same person"}
        answer = await self.clinic.insist(CLERK, "POST", MERGES, json=body)
        assert answer.status in (200, 201), answer
        self.merged.append(answer.value("id"))
        return self.merged[-1]

    async def unmerge(self, merge_id: str) -> None:
        body = {"reason": "two people after all"}
        answer = await self.clinic.insist(CLERK, "POST", f"{MERGES}/{merge_id}/unmerge", json=body)
        assert answer.status == 200, answer
        self.unmerged.append(merge_id)

    async def followed(self, merge_id: str, state: str) -> None:
        give_up = time.monotonic() + FOLLOWED_SECONDS
        while (answer := await self.clinic.insist(CLERK, "GET", f"{MERGES}/{merge_id}")).value(
            "state"
        ) != state:
            assert time.monotonic() < give_up, answer
            await asyncio.sleep(0.1)

    async def modifiable(self, person: Person) -> bool:
        answer = await self.clinic.insist(CLINICIAN, "GET", f"/openehr/v1/ehr/{person.ehr_id}")
        return bool(answer.value("ehr_status")["is_modifiable"])


@pytest.fixture(scope="module")
async def desk(clinic: Clinic) -> Desk:
    return Desk(clinic)


@pytest.mark.parametrize("held_at", STEPS, ids=lambda step: step.__name__)
async def test_what_was_decided_is_finished(stack: Stack, desk: Desk, held_at: Any) -> None:
    """A merge, and at the same time the undoing of another one."""
    (first, second), (third, fourth) = await asyncio.gather(desk.pair(), desk.pair())
    before = await desk.merge(third, fourth)
    await desk.followed(before, "merged")

    await held_at(stack, lambda: asyncio.gather(desk.merge(first, second), desk.unmerge(before)))
    await asyncio.gather(desk.followed(desk.merged[-1], "merged"), desk.followed(before, "unmerged"))

    people = (first, second, third, fourth)
    assert [await desk.modifiable(person) for person in people] == [False, True, True, True]
    through_source = await desk.clinic.record(first, 123)
    own_again = await desk.clinic.record(third, 124)
    assert through_source in str((await desk.clinic.query(second)).body)
    assert own_again not in str((await desk.clinic.query(fourth)).body)


async def test_each_decision_has_one_event_of_each_kind(stack: Stack, desk: Desk) -> None:
    ledger = Ledger(stack)
    await ledger.settled(seconds=180)
    events = [*await ledger.stream("PATIENTS"), *await ledger.stream("CLINICAL")]

    def said(*kinds: type[Any]) -> Counter[str]:
        return Counter(str(e.data.merge_id) for e in events if isinstance(e.data, kinds))

    for kind, decisions in (
        (PatientMerged, desk.merged),
        (EhrMerged, desk.merged),
        (PatientUnmerged, desk.unmerged),
        (EhrUnmerged, desk.unmerged),
    ):
        assert {merge_id: said(kind)[merge_id] for merge_id in decisions} == dict.fromkeys(decisions, 1)
