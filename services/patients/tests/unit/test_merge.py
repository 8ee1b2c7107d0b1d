"""The rules of merging, without a database: any sequence of edits, merges and their undoing."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId
from patients.domain.errors import MergeVersionMismatch, MergeWithSelf, PatientMergedAway
from patients.domain.merges import lineage
from patients.domain.merges.merge import Decided, Merge, MergeRequest, MergeState, followed, merged, unmerged
from patients.domain.patient import Change, EhrState, Patient
from patients.domain.record import HumanName, Identifier, PatientRecord

START = datetime(2026, 1, 1, tzinfo=UTC)
CLERK = Actor(sub="clerk-1", client_id="desk", roles=("clerk",))
PATIENTS = 5

operations = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), st.integers(0, PATIENTS - 1)),
        st.tuples(st.just("merge"), st.integers(0, PATIENTS - 1), st.integers(0, PATIENTS - 1)),
        st.tuples(st.just("unmerge"), st.integers(0, 20)),
    ),
    max_size=30,
)


def patient(number: int = 0) -> Patient:
    return Patient(
        id=PatientId(UUID(int=number + 1)),
        version=1,
        mrn=f"{number:09}",
        record=PatientRecord(
            names=(HumanName(family=f"Family {number}"),),
            identifiers=(Identifier(system="urn:example:id", value=str(number)),),
        ),
        ehr_id=EhrId(UUID(int=number + 1001)),
        ehr_state=EhrState.READY,
        created_at=START,
        change=Change(START, CLERK, ()),
    )


def request(source: Patient, target: Patient) -> MergeRequest:
    return MergeRequest(source.id, target.id, source.version, target.version, "one person")


def at(hours: int) -> Decided:
    return Decided(START + timedelta(hours=hours), CLERK, "one person")


@dataclass
class World:
    """A registry of a few patients; `alone` is the same one in which nobody was ever merged."""

    patients: dict[PatientId, Patient] = field(
        default_factory=lambda: {p.id: p for p in map(patient, range(PATIENTS))}
    )
    alone: dict[PatientId, Patient] = field(
        default_factory=lambda: {p.id: p for p in map(patient, range(PATIENTS))}
    )
    merges: dict[UUID, Merge] = field(default_factory=dict)
    hour: int = 0

    def do(self, operation: tuple[Any, ...]) -> None:
        self.hour += 1
        getattr(self, operation[0])(*operation[1:])

    def edit(self, number: int) -> None:
        """As registration does it: refused on who was merged away."""
        before = list(self.patients.values())[number]
        if before.survivor_id is None:
            record = before.record.model_copy(update={"mothers_maiden_name": f"Edited {self.hour}"})
            change = Change(at(self.hour).at, CLERK, ("mothers_maiden_name",))
            self.patients[before.id] = before.changed(record, change)
            self.alone[before.id] = self.alone[before.id].changed(record, change)

    def merge(self, one: int, other: int) -> None:
        ids = list(self.patients)
        source, target = self.patients[ids[one]], self.patients[ids[other]]
        if one == other or source.survivor_id or target.survivor_id:
            with pytest.raises((MergeWithSelf, PatientMergedAway)):
                merged(uuid4(), source, target, request(source, target), at(self.hour))
            return
        self._apply(merged(uuid4(), source, target, request(source, target), at(self.hour)))

    def unmerge(self, number: int) -> None:
        held = [merge for merge in self.merges.values() if merge.holds]
        if held:
            merge = held[number % len(held)]
            source, target = self.patients[merge.source_id], self.patients[merge.target_id]
            self._apply(unmerged(merge, source, target, at(self.hour)))

    def survivor(self, patient_id: PatientId) -> PatientId:
        """By the rows; a cycle would be longer than there are patients."""
        for _ in self.patients:
            survivor_id = self.patients[patient_id].survivor_id
            if survivor_id is None:
                return patient_id
            patient_id = survivor_id
        raise AssertionError("a cycle")

    def _apply(self, step: Any) -> None:
        self.merges[step.merge.id] = step.merge
        self.patients |= {step.source.id: step.source, step.target.id: step.target}


def after(done: list[tuple[Any, ...]]) -> World:
    world = World()
    for operation in done:
        world.do(operation)
    return world


@given(operations)
def test_every_chain_ends_at_one_patient_who_is_not_merged(done: list[tuple[Any, ...]]) -> None:
    world = after(done)

    for patient_id in world.patients:
        end = world.survivor(patient_id)
        assert world.patients[end].survivor_id is None
        assert lineage.survivor(patient_id, world.merges.values()) == end


@given(operations)
def test_a_merge_changes_no_record(done: list[tuple[Any, ...]]) -> None:
    world = after(done)

    assert {i: p.record for i, p in world.patients.items()} == {i: p.record for i, p in world.alone.items()}


@given(operations, st.permutations(range(20)))
def test_when_all_is_undone_everybody_is_as_if_nobody_had_been_merged(
    done: list[tuple[Any, ...]], order: list[int]
) -> None:
    world = after(done)

    for number in order:
        world.do(("unmerge", number))

    for patient_id, alone in world.alone.items():
        now = world.patients[patient_id]
        assert replace(now, version=alone.version, change=alone.change) == alone


@given(operations)
def test_every_identifier_leads_to_one_survivor(done: list[tuple[Any, ...]]) -> None:
    world = after(done)
    survivors = {p.id for p in world.patients.values() if p.survivor_id is None}

    values: dict[str, set[PatientId]] = {}
    for survivor_id in survivors:
        for link in lineage.members(survivor_id, START, list(world.merges.values())):
            for identifier in world.patients[link.patient_id].record.identifiers:
                values.setdefault(identifier.value, set()).add(survivor_id)

    assert len(values) == PATIENTS
    assert all(len(found) == 1 for found in values.values())


@given(operations)
def test_every_merge_and_its_undoing_gives_both_a_version(done: list[tuple[Any, ...]]) -> None:
    world = after(done)

    for patient_id, alone in world.alone.items():
        parts = [m for m in world.merges.values() if patient_id in {m.source_id, m.target_id}]
        steps = len(parts) + sum(not merge.holds for merge in parts)
        assert world.patients[patient_id].version == alone.version + steps


def test_of_two_opposite_merges_that_were_seen_at_once_one_wins() -> None:
    one, other = patient(0), patient(1)
    there, back = request(one, other), request(other, one)

    won = merged(uuid4(), one, other, there, at(1))

    with pytest.raises(PatientMergedAway):
        merged(uuid4(), won.target, won.source, back, at(1))


def test_a_version_that_was_not_seen_is_named() -> None:
    source, target = patient(0), patient(1)
    changed = target.changed(target.record, target.change)

    with pytest.raises(MergeVersionMismatch) as refused:
        merged(uuid4(), source, changed, request(source, target), at(1))

    assert [error.pointer for error in refused.value.errors] == ["/target_version"]


def test_what_was_merged_into_the_source_stays_with_it() -> None:
    world = after([("merge", 0, 1), ("merge", 1, 2)])
    (_, second) = world.merges.values()

    source, target = world.patients[second.source_id], world.patients[second.target_id]
    world._apply(unmerged(second, source, target, at(9)))

    first_id, second_id, third_id, *_ = world.patients
    assert world.survivor(first_id) == world.survivor(second_id) == second_id
    assert world.survivor(third_id) == third_id


def test_who_is_unmerged_from_the_middle_of_a_chain_is_their_own_again() -> None:
    world = after([("merge", 0, 1), ("merge", 1, 2), ("unmerge", 0)])

    first_id, second_id, third_id, *_ = world.patients
    assert world.survivor(first_id) == first_id
    assert world.survivor(second_id) == third_id


def test_a_decision_is_later_than_what_it_was_made_on_whatever_the_clock_says() -> None:
    source, target = patient(0), patient(1)
    early = Decided(START - timedelta(hours=1), CLERK, "a clock that is behind")

    step = merged(uuid4(), source, target, request(source, target), early)

    assert step.merge.merged.at > START
    assert step.source.change.at == step.target.change.at == step.merge.merged.at


@pytest.mark.parametrize("state", [MergeState.MERGED, MergeState.UNMERGED])
def test_what_is_done_stays_done_when_it_is_said_again(state: MergeState) -> None:
    assert followed(state) == state
