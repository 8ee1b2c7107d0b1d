"""A merge is finished by whoever comes next, whatever step the process before it died at."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from clinical.adapters import postgres_intents
from clinical.adapters.ehrbase import EhrbaseCdr
from clinical.adapters.postgres_ehrs import PostgresEhrs
from clinical.adapters.postgres_intents import PostgresIntents
from clinical.adapters.postgres_merges import PostgresMerges
from clinical.domain.errors import MergeBusy, MergeOutOfOrder, VersionMismatch
from clinical.domain.intent import Intent, Kind
from clinical.domain.merge import Decision, MergeState
from clinical.service.ehrs import EhrService
from clinical.service.merges import MergeService
from clinical.service.reconciliation import Reconciler
from clinical.settings import Settings
from openward_contracts.actor import Actor
from openward_contracts.clinical import EhrMerged, EhrUnmerged
from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.http import BasicAuth, make_client

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class DeathError(Exception):
    """The process is gone."""


@dataclass
class Lifetime:
    """So many steps, until the process dies after the last of them; none: it lives on."""

    steps: int | None = None

    def step(self) -> None:
        if self.steps is not None:
            if self.steps == 0:
                raise DeathError
            self.steps -= 1


class Mortal:
    """A port, each use of which is a step of a process that may die right before it."""

    def __init__(self, port: object, lifetime: Lifetime) -> None:
        self._port, self._lifetime = port, lifetime

    def __getattr__(self, name: str) -> Any:
        use = getattr(self._port, name)
        if name == "alone":  # no step of its own: it ends with the process
            return use

        async def step(*arguments: Any, **named: Any) -> Any:
            self._lifetime.step()
            return await use(*arguments, **named)

        return step


@dataclass
class Ward:
    """EHRbase, the database, and processes that carry out merges on them."""

    pool: asyncpg.Pool
    cdr: EhrbaseCdr

    def service(self, steps: int | None = None) -> MergeService:
        lifetime = Lifetime(steps)

        def port(real: object) -> Any:
            return Mortal(real, lifetime)

        ehrs = EhrService(port(PostgresEhrs(self.pool)), port(self.cdr))
        return MergeService(
            port(PostgresMerges(self.pool)), port(self.cdr), port(PostgresIntents(self.pool)), ehrs
        )

    def reconciler(self) -> Reconciler:
        return Reconciler(PostgresMerges(self.pool), self.cdr, self.service(), every_seconds=60)

    async def pair(self, survivor: tuple[PatientId, EhrId] | None = None) -> Decision:
        """A decision about two patients with EHRs."""
        (source_id, source_ehr), (survivor_id, survivor_ehr) = (
            await self.person(),
            survivor or (await self.person()),
        )
        return Decision(uuid4(), source_id, survivor_id, source_ehr, survivor_ehr, NOON, "clerk-1", "req-1")

    async def person(self) -> tuple[PatientId, EhrId]:
        patient_id, ehr_id = PatientId.new(), EhrId.new()
        await self.service().ehrs.open_ehr(patient_id, ehr_id)
        return patient_id, ehr_id

    async def set_modifiable(self, ehr_id: EhrId, *, modifiable: bool) -> None:
        """By somebody, past this service."""
        status = await self.cdr.ehr_status(ehr_id)
        await self.cdr.update_ehr_status(ehr_id, status.uid, {**status.content, "is_modifiable": modifiable})

    async def is_modifiable(self, ehr_id: EhrId) -> bool:
        return (await self.cdr.ehr_status(ehr_id)).modifiable

    async def told(self, ehr_id: EhrId) -> list[str]:
        """Subjects of the events about this EHR, in order."""
        rows = await self.pool.fetch(
            "select subject from outbox_event where aggregate_id = $1 order by id", str(ehr_id)
        )
        return [row["subject"] for row in rows]

    async def state(self, decision: Decision) -> MergeState:
        merge = await PostgresMerges(self.pool).of_id(decision.merge_id)
        assert merge is not None
        return merge.state


@pytest.fixture
async def ward(settings: Settings) -> AsyncIterator[Ward]:
    login = BasicAuth(settings.ehrbase_user, settings.ehrbase_password.get_secret_value())
    password = settings.database_password
    assert password is not None
    async with (
        asyncpg.create_pool(settings.database_url, password=password.get_secret_value()) as pool,
        make_client(settings.ehrbase_url, auth=login) as client,
    ):
        yield Ward(pool, EhrbaseCdr(client))


def later(decision: Decision) -> Decision:
    return replace(decision, at=decision.at + timedelta(hours=1))


async def dies(work: Callable[[], Awaitable[None]]) -> bool:
    try:
        await work()
    except DeathError:
        return True
    return False


@pytest.mark.parametrize("finished_by", ["redelivery", "reconciler"])
async def test_a_merge_survives_death_before_each_step(ward: Ward, finished_by: str) -> None:
    steps = 0
    while True:
        decision = await ward.pair()
        died = await dies(lambda: ward.service(steps).merge(decision))  # noqa: B023  awaited at once
        await _finish(ward, finished_by, ward.service().merge(decision), recorded=steps > 0)

        assert await ward.state(decision) is MergeState.MERGED
        assert not await ward.is_modifiable(decision.source_ehr_id)
        assert await ward.told(decision.source_ehr_id) == [EhrMerged.subject]
        if not died:
            break
        steps += 1

    assert steps == 8  # record, unsettled, status, remember, claim, change, committed, settle


@pytest.mark.parametrize("finished_by", ["redelivery", "reconciler"])
async def test_an_unmerge_survives_death_before_each_step(ward: Ward, finished_by: str) -> None:
    steps = 0
    while True:
        decision = await ward.pair()
        await ward.service().merge(decision)
        died = await dies(lambda: ward.service(steps).unmerge(later(decision)))  # noqa: B023  awaited at once
        await _finish(ward, finished_by, ward.service().unmerge(later(decision)), recorded=steps > 0)

        assert await ward.state(decision) is MergeState.UNMERGED
        assert await ward.is_modifiable(decision.source_ehr_id)
        assert await ward.told(decision.source_ehr_id) == [EhrMerged.subject, EhrUnmerged.subject]
        if not died:
            break
        steps += 1

    assert steps == 7  # undo, unsettled, status, claim, change, committed, settle


async def _finish(ward: Ward, by: str, redelivered: Any, *, recorded: bool) -> None:
    """What was not even recorded is known to the stream alone."""
    if by == "reconciler" and recorded:
        redelivered.close()
        await ward.reconciler().compare()
    else:
        await redelivered


async def test_what_comes_again_is_not_done_again(ward: Ward) -> None:
    decision = await ward.pair()
    for _ in range(3):
        await ward.service().merge(decision)
    version = (await ward.cdr.ehr_status(decision.source_ehr_id)).uid
    await ward.service().unmerge(later(decision))
    for _ in range(3):
        await ward.service().unmerge(later(decision))
        await ward.service().merge(decision)

    assert version.version == 2
    assert (await ward.cdr.ehr_status(decision.source_ehr_id)).uid.version == 3
    assert await ward.told(decision.source_ehr_id) == [EhrMerged.subject, EhrUnmerged.subject]


async def test_a_merge_that_is_undone_before_it_is_carried_out_leaves_no_lock(ward: Ward) -> None:
    decision = await ward.pair()
    assert await dies(lambda: ward.service(2).merge(decision))

    await ward.service().unmerge(later(decision))
    await ward.service().merge(decision)

    assert await ward.is_modifiable(decision.source_ehr_id)
    assert await ward.told(decision.source_ehr_id) == [EhrUnmerged.subject]


async def test_a_patient_may_be_merged_again_after_the_undoing(ward: Ward) -> None:
    decision = await ward.pair()
    again = replace(decision, merge_id=uuid4(), at=decision.at + timedelta(hours=2))
    await ward.service().merge(decision)
    await PostgresMerges(ward.pool).undo(later(decision))  # and then the process died
    await ward.service().merge(again)
    await ward.service().unmerge(replace(again, at=again.at + timedelta(hours=1)))

    assert await ward.is_modifiable(decision.source_ehr_id)
    assert await ward.told(decision.source_ehr_id) == [EhrMerged.subject, EhrUnmerged.subject] * 2


async def test_an_undoing_that_arrives_first_is_the_last_word(ward: Ward) -> None:
    decision = await ward.pair()
    await ward.service().unmerge(later(decision))
    await ward.service().merge(decision)

    assert await ward.is_modifiable(decision.source_ehr_id)
    merge = await PostgresMerges(ward.pool).of_id(decision.merge_id)
    assert merge is not None
    assert (merge.state, merge.decision.at) == (MergeState.UNMERGED, decision.at)
    assert await ward.told(decision.source_ehr_id) == [EhrUnmerged.subject]


async def test_a_merge_that_arrives_before_an_undoing_has_to_wait(ward: Ward) -> None:
    decision = await ward.pair()
    backwards = replace(
        decision,
        merge_id=uuid4(),
        source_id=decision.survivor_id,
        survivor_id=decision.source_id,
        source_ehr_id=decision.survivor_ehr_id,
        survivor_ehr_id=decision.source_ehr_id,
    )
    await ward.service().merge(decision)
    for early in (backwards, replace(decision, merge_id=uuid4())):
        with pytest.raises(MergeOutOfOrder):
            await ward.service().merge(early)


async def test_an_ehr_that_was_locked_before_stays_so(ward: Ward) -> None:
    decision = await ward.pair()
    await ward.set_modifiable(decision.source_ehr_id, modifiable=False)

    await ward.service().merge(decision)
    await ward.service().unmerge(later(decision))

    assert not await ward.is_modifiable(decision.source_ehr_id)
    assert await ward.told(decision.source_ehr_id) == [EhrMerged.subject, EhrUnmerged.subject]


async def test_a_merge_may_come_before_the_registration(ward: Ward) -> None:
    decision = replace(await ward.pair(), source_id=PatientId.new(), source_ehr_id=EhrId.new())

    await ward.service().merge(decision)
    await ward.service().ehrs.open_ehr(decision.source_id, decision.source_ehr_id)

    assert not await ward.is_modifiable(decision.source_ehr_id)
    record = await PostgresEhrs(ward.pool).of_patient(decision.source_id)
    assert record is not None
    assert record.primary.ehr_id == decision.survivor_ehr_id


async def test_an_ehr_freed_by_hand_is_locked_again(ward: Ward) -> None:
    kept, freed = await ward.pair(), await ward.pair()
    for decision in (kept, freed):
        await ward.service().merge(decision)
    before = (await ward.cdr.ehr_status(kept.source_ehr_id)).uid
    await ward.set_modifiable(freed.source_ehr_id, modifiable=True)

    await ward.reconciler().compare()

    assert not await ward.is_modifiable(freed.source_ehr_id)
    assert (await ward.cdr.ehr_status(kept.source_ehr_id)).uid == before
    await ward.service().unmerge(later(freed))
    assert await ward.is_modifiable(freed.source_ehr_id)


async def test_an_ehr_has_one_who_changes_its_status(ward: Ward) -> None:
    decision = await ward.pair()
    await PostgresMerges(ward.pool).record(decision)

    async with PostgresMerges(ward.pool).alone(decision.source_ehr_id):
        with pytest.raises(MergeBusy):
            await ward.service().settle(decision.source_ehr_id)
    await ward.service().settle(decision.source_ehr_id)

    assert await ward.told(decision.source_ehr_id) == [EhrMerged.subject]


async def test_one_ehr_that_cannot_be_settled_keeps_no_other_waiting(ward: Ward) -> None:
    stuck, other = await ward.pair(), await ward.pair()
    for decision in (stuck, other):
        await PostgresMerges(ward.pool).record(decision)

    async with PostgresMerges(ward.pool).alone(stuck.source_ehr_id):
        await ward.reconciler().compare()

    assert [await ward.state(decision) for decision in (stuck, other)] == [
        MergeState.MERGING,
        MergeState.MERGED,
    ]


async def test_a_status_that_somebody_is_writing_is_not_locked_under_their_name(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else they would be told, once they ask what became of it, that the merge's version is theirs."""
    decision = await ward.pair()
    ehr_id, ada = decision.source_ehr_id, Actor("ada", "web", ("clinician",))
    uid = (await ward.cdr.ehr_status(ehr_id)).uid.successor()
    await PostgresIntents(ward.pool).claim(Intent(uid, ehr_id, Kind.STATUS, ada, None, bytes(32)))

    with pytest.raises(VersionMismatch):
        await ward.service().merge(decision)
    while_they_write = await ward.is_modifiable(ehr_id)
    monkeypatch.setattr(postgres_intents, "ABANDONED", timedelta())
    await ward.service().merge(decision)

    assert while_they_write
    assert not await ward.is_modifiable(ehr_id)
    assert await ward.state(decision) is MergeState.MERGED
