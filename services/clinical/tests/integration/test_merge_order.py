"""In whatever order decisions arrive, and however often: the same records come of it."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from clinical.adapters.postgres_ehrs import PostgresEhrs
from clinical.adapters.postgres_merges import PostgresMerges
from clinical.domain.errors import MergeOutOfOrder
from clinical.domain.merge import Decision
from clinical.settings import Settings
from openward_contracts.identifiers import EhrId, PatientId

Step = tuple[str, Decision]


class Registry:
    """Decides at random, as the registry may: nobody is merged into two, and never in a circle."""

    def __init__(self, chance: random.Random, people: int) -> None:
        self._chance = chance
        self._at = datetime(2026, 1, 1, tzinfo=UTC)
        self.people = [(PatientId.new(), EhrId.new()) for _ in range(people)]
        self.holding: dict[PatientId, Decision] = {}
        self.history: list[Step] = []

    def decide(self) -> None:
        self._at += timedelta(minutes=1)
        if self.holding and self._chance.random() < 0.4:
            undone = self.holding.pop(self._chance.choice(list(self.holding)))
            self.history.append(("undo", replace(undone, at=self._at)))
            return
        (one, its_ehr), (other, other_ehr) = self._chance.sample(self.people, 2)
        if one in self.holding or self.root(other) == one:
            return
        decision = Decision(uuid4(), one, other, its_ehr, other_ehr, self._at, "clerk-1", "req-1")
        self.holding[one] = decision
        self.history.append(("record", decision))

    def root(self, patient_id: PatientId) -> PatientId:
        while patient_id in self.holding:
            patient_id = self.holding[patient_id].survivor_id
        return patient_id

    def records(self) -> dict[PatientId, tuple[PatientId, frozenset[PatientId]]]:
        """Of each patient: whose record theirs is now, and who shares it."""
        roots = {patient_id: self.root(patient_id) for patient_id, _ in self.people}
        return {
            patient_id: (root, frozenset(other for other in roots if roots[other] == root))
            for patient_id, root in roots.items()
        }


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    password = settings.database_password
    assert password is not None
    async with asyncpg.create_pool(settings.database_url, password=password.get_secret_value()) as pool:
        yield pool


async def deliver(merges: PostgresMerges, step: Step) -> None:
    """Again until it is taken, as the stream does."""
    kind, decision = step
    while True:
        try:
            await getattr(merges, kind)(decision)
        except MergeOutOfOrder:
            await asyncio.sleep(0.005)
        else:
            return


@pytest.mark.parametrize("seed", range(12))
async def test_records_follow_the_decisions_whatever_their_order(pool: asyncpg.Pool, seed: int) -> None:
    registry = Registry(random.Random(seed), people=7)  # noqa: S311  the same test every time
    for patient_id, ehr_id in registry.people:
        await PostgresEhrs(pool).link(patient_id, ehr_id)
    for _ in range(20):
        registry.decide()
    arriving = [*registry.history, *registry.history[::3]]
    random.Random(seed).shuffle(arriving)  # noqa: S311  the same test every time

    merges = PostgresMerges(pool)
    async with asyncio.timeout(30):
        await asyncio.gather(*(deliver(merges, step) for step in arriving))

    found = {}
    for patient_id, _ in registry.people:
        record = await PostgresEhrs(pool).of_patient(patient_id)
        assert record is not None
        found[patient_id] = (record.primary.patient_id, frozenset(ehr.patient_id for ehr in record.ehrs))
    assert found == registry.records()
