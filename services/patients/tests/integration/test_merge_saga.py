"""A merge between the registry and the clinical service, interrupted at every step."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from openward_contracts.actor import Actor
from openward_contracts.clinical import EhrMerged, EhrUnmerged
from openward_contracts.event import Event
from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.patients import PatientMerged, PatientUnmerged, PatientUpdated
from openward_servicekit.ports import free_port
from openward_testkit.asgi import asgi_client
from openward_testkit.events import EventCatcher, publish
from openward_testkit.nats import NatsServer
from openward_testkit.plugin import DatabaseFactory
from openward_testkit.postgres import PostgresServer
from patients.app import create_app
from patients.domain.errors import RegistryTimeout
from patients.domain.merges.merge import MergeRepository, Step
from patients.domain.patient import Patient
from patients.settings import Settings

BASE = "/api/patients/v1/patients"
MERGES = "/api/patients/v1/merges"
#: Every session of this database that waits for a lock; and the same, ended as if its process had died.
WAITING = "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
TERMINATE = WAITING.replace("pid", "pg_terminate_backend(pid)", 1)


@dataclass(frozen=True)
class Stage:
    """The registry, what it publishes, and a clinical service that says what it is told to."""

    registry: Any
    rows: asyncpg.Connection
    locking: asyncpg.Connection
    nats: Any
    caught: EventCatcher

    async def two(self) -> tuple[Any, Any]:
        answers = [await self.registry.post({"names": [{"family": uuid4().hex}]}) for _ in range(2)]
        return answers[0].json(), answers[1].json()

    async def merged(self) -> tuple[Any, Any, Any]:
        source, target = await self.two()
        return source, target, (await self.registry.merge(source, target)).json()

    async def now(self, patient: Any) -> Any:
        return (await self.registry.get(f"{BASE}/{patient['id']}")).json()

    async def clinical(self, kind: Any, merge: Any, *, version: int = 1) -> None:
        """`version` of the source's EHR status; another one makes another event of the same news."""
        ehr_id = EhrId.new()
        payload = kind(
            merge_id=merge["id"],
            patient_id=PatientId(merge["source_id"]),
            ehr_id=ehr_id,
            survivor_ehr_id=EhrId.new(),
        )
        event = Event.of(
            payload,
            source="/openward/clinical",
            aggregate_id=ehr_id,
            aggregate_version=version,
            actor=Actor(sub="svc-clinical", client_id="svc-clinical", roles=("service",)),
            at=datetime.now(UTC),
            correlation_id=str(uuid4()),
        )
        await publish(self.nats, event)

    async def state(self, merge: Any) -> str:
        found = await self.rows.fetchval("select state from merge where id = $1", UUID(merge["id"]))
        return str(found)

    async def reaches(self, merge: Any, state: str) -> None:
        async with asyncio.timeout(60):
            while await self.state(merge) != state:
                await asyncio.sleep(0.02)

    async def story(self, patients: Sequence[Any]) -> list[dict[str, Any]]:
        """Merges and unmerges of these patients in the order of the outbox, published or not."""
        found = await self.rows.fetch(
            """
            select subject as kind, convert_from(payload, 'UTF8') as data
            from (select id, subject, payload from outbox_event
                  union select id, subject, payload from outbox_sent) as event
            where subject in ($1, $2) order by id
            """,
            PatientMerged.subject,
            PatientUnmerged.subject,
        )
        ids = {patient["id"] for patient in patients}
        told = [json.loads(row["data"]) | {"kind": row["kind"]} for row in found]
        return [each for each in told if each["patient_id"] in ids]

    async def told(self, kind: Any, merge: Any) -> Event[Any]:
        return await self.caught.wait_for(kind, lambda event: str(event.data.merge_id) == merge["id"])

    async def handled(self) -> None:
        """All that was published so far has been handled: what comes after it has."""
        _, _, marker = await self.merged()
        await self.clinical(EhrMerged, marker)
        await self.reaches(marker, "merged")
        await self.told(PatientMerged, marker)

    def about(self, kind: Any, patient: Any) -> list[Event[Any]]:
        return [
            e for e in self.caught.events if isinstance(e.data, kind) and e.envelope.subject == patient["id"]
        ]


@pytest.fixture
async def stage(
    registry: Any, settings: Settings, postgres_server: PostgresServer, nats_server: NatsServer
) -> AsyncIterator[Stage]:
    name = settings.database_url.rpartition("/")[2].partition("?")[0]
    rows, locking = [await asyncpg.connect(postgres_server.of(name)) for _ in range(2)]
    async with (
        await nats_server.connect() as nats,
        EventCatcher(nats, "PATIENTS").watching() as caught,
    ):
        yield Stage(registry, rows, locking, nats, caught)
    await rows.close()
    await locking.close()


async def test_both_steps_are_told_and_what_clinical_answers_is_kept(stage: Stage) -> None:
    source, target, merge = await stage.merged()
    told = await stage.told(PatientMerged, merge)
    await stage.caught.wait_for(PatientUpdated, lambda e: e.envelope.subject == target["id"])

    await stage.clinical(EhrMerged, merge)
    await stage.reaches(merge, "merged")
    await stage.registry.unmerge(merge["id"])
    untold = await stage.told(PatientUnmerged, merge)
    await stage.clinical(EhrUnmerged, merge)
    await stage.reaches(merge, "unmerged")

    for event, version in ((told, 2), (untold, 3)):
        assert event.envelope.subject == source["id"]
        assert event.envelope.authid == "clerk-1"
        assert event.data.model_dump(mode="json") == {
            "merge_id": merge["id"],
            "patient_id": source["id"],
            "version": version,
            "survivor_id": target["id"],
            "ehr_id": source["ehr"]["ehr_id"],
            "survivor_ehr_id": target["ehr"]["ehr_id"],
            "linked_ehr_ids": [source["ehr"]["ehr_id"]],
        }
    changed = [event.data.changed for event in stage.about(PatientUpdated, target)]
    assert changed[0] == ("merged",)


async def test_who_was_merged_into_the_source_comes_and_goes_with_it(stage: Stage) -> None:
    source, target, _ = await stage.merged()
    (third, _) = await stage.two()
    upper = (await stage.registry.merge(await stage.now(target), third)).json()
    await stage.registry.unmerge(upper["id"])

    own, linked = target["ehr"]["ehr_id"], source["ehr"]["ehr_id"]
    for kind in (PatientMerged, PatientUnmerged):
        event = await stage.told(kind, upper)
        assert [str(ehr_id) for ehr_id in event.data.linked_ehr_ids] == [own, linked]


async def test_clinical_may_repeat_itself_and_be_late(stage: Stage) -> None:
    _, _, merge = await stage.merged()
    await stage.registry.unmerge(merge["id"])

    await stage.clinical(EhrMerged, merge)
    await stage.handled()
    assert await stage.state(merge) == "unmerging"
    await stage.clinical(EhrUnmerged, merge)
    await stage.reaches(merge, "unmerged")
    await stage.clinical(EhrMerged, merge, version=2)
    await stage.clinical(EhrUnmerged, merge, version=3)
    await stage.handled()
    assert await stage.state(merge) == "unmerged"


async def test_news_of_an_older_merge_say_nothing_of_the_next_one(stage: Stage) -> None:
    source, target, first = await stage.merged()
    await stage.registry.unmerge(first["id"])
    second = (await stage.registry.merge(await stage.now(source), await stage.now(target))).json()

    await stage.clinical(EhrMerged, first)
    await stage.clinical(EhrUnmerged, first)
    await stage.reaches(first, "unmerged")

    assert await stage.state(second) == "merging"


async def test_news_of_a_merge_that_is_not_known_stop_nothing(stage: Stage) -> None:
    source, _ = await stage.two()
    await stage.clinical(EhrMerged, {"id": str(uuid4()), "source_id": source["id"]})

    await stage.handled()


async def test_merges_at_once_are_told_in_an_order_in_which_each_is_true(stage: Stage) -> None:
    patients = [patient for _ in range(3) for patient in await stage.two()]
    chance = Random(7)  # noqa: S311  which two, not a secret

    async def once() -> None:
        source, target = chance.sample(patients, 2)
        answer = await stage.registry.merge(await stage.now(source), await stage.now(target))
        if answer.status_code == 201 and chance.random() < 0.7:
            await stage.registry.unmerge(answer.json()["id"])

    for _ in range(6):
        await asyncio.gather(*(once() for _ in range(6)))

    await follow(stage, patients)


async def test_an_unmerge_further_down_waits_for_a_merge_under_way(stage: Stage) -> None:
    low, middle, lower = await stage.merged()
    high, top = await stage.two()
    await stage.registry.merge(await stage.now(middle), high)

    async with stage.locking.transaction():
        await stage.locking.execute("select from patient where id = $1 for update", UUID(top["id"]))
        merging = asyncio.ensure_future(stage.registry.merge(await stage.now(high), top))
        async with asyncio.timeout(60):
            while not await stage.rows.fetch(WAITING):
                await asyncio.sleep(0.02)
        unmerging = asyncio.ensure_future(stage.registry.unmerge(lower["id"]))
        await asyncio.wait({unmerging}, timeout=0.5)
    answers = await asyncio.gather(merging, unmerging)

    assert [answer.status_code for answer in answers] == [201, 200]
    await follow(stage, [low, middle, high, top])


async def follow(stage: Stage, patients: Sequence[Any]) -> None:
    """Event by event, as clinical does: each is true of what came before, and the last of the rows."""
    leads: dict[str, str] = {}
    for told in await stage.story(patients):
        source = told["ehr_id"]
        linked = {source}
        while more := {each for each, above in leads.items() if above in linked} - linked:
            linked |= more
        assert set(told["linked_ehr_ids"]) == linked
        if told["kind"] == PatientMerged.subject:
            assert not {source, told["survivor_ehr_id"]} & leads.keys()
            leads[source] = told["survivor_ehr_id"]
        else:
            assert leads.pop(source) == told["survivor_ehr_id"]
    rows = {patient["id"]: (await stage.now(patient)).get("survivor_id") for patient in patients}
    ehrs = {patient["id"]: patient["ehr"]["ehr_id"] for patient in patients}
    assert leads == {ehrs[one]: ehrs[other] for one, other in rows.items() if other}


async def test_killed_before_the_commit_nothing_was_done(stage: Stage) -> None:
    source, target = await stage.two()

    answer = await killed(stage, target, lambda: stage.registry.merge(source, target))

    assert answer.status_code in {503, 504}
    assert (
        await stage.rows.fetchval("select count(*) from merge where source_id = $1", UUID(source["id"])) == 0
    )
    assert [(await stage.now(each))["version"] for each in (source, target)] == [1, 1]
    again = await stage.registry.merge(source, target)
    assert again.status_code == 201
    await stage.handled()
    assert [len(stage.about(PatientMerged, source)), len(stage.about(PatientUpdated, target))] == [1, 1]


async def test_an_unmerge_killed_before_the_commit_leaves_the_merge(stage: Stage) -> None:
    source, target, merge = await stage.merged()

    answer = await killed(stage, target, lambda: stage.registry.unmerge(merge["id"]))

    assert answer.status_code in {503, 504}
    assert (await stage.now(source))["survivor_id"] == target["id"]
    assert (await stage.registry.unmerge(merge["id"])).json()["holds"] is False
    await stage.handled()
    assert len(stage.about(PatientUnmerged, source)) == 1


async def test_killed_after_the_commit_the_same_request_finds_it_done(stage: Stage) -> None:
    source, target = await stage.two()
    key = {"Idempotency-Key": uuid4().hex}

    with losing_answers(stage):
        lost = await stage.registry.merge(source, target, **key)
    found = await stage.registry.merge(source, target, **key)
    merge = found.json()
    with losing_answers(stage):
        undone = await stage.registry.unmerge(merge["id"])
    parted = await stage.registry.unmerge(merge["id"])

    assert (lost.status_code, found.status_code, undone.status_code, parted.status_code) == (
        504,
        200,
        504,
        200,
    )
    assert (merge["holds"], parted.json()["holds"]) == (True, False)
    assert [(await stage.now(each))["version"] for each in (source, target)] == [3, 3]
    await stage.handled()
    counts = [len(stage.about(kind, source)) for kind in (PatientMerged, PatientUnmerged)]
    assert counts == [1, 1]


async def test_without_nats_a_merge_is_done_and_told_when_a_relay_is_back(
    database: DatabaseFactory, settings: Settings, stage: Stage
) -> None:
    own = await database("patients")
    alone = settings.model_copy(update={**own.settings, "nats_url": f"nats://127.0.0.1:{free_port()}"})
    back = settings.model_copy(update=own.settings)

    async with process(stage.registry, alone) as first:
        pair = await replace(stage, registry=first).two()
        merge = (await first.merge(*pair)).json()
        await first.unmerge(merge["id"])
        waiting = [event for event in stage.caught.events if event.envelope.subject == pair[0]["id"]]
    async with process(stage.registry, back):
        await stage.told(PatientUnmerged, merge)
    async with process(stage.registry, back) as third:
        _, _, later = await replace(stage, registry=third).merged()
        await stage.told(PatientMerged, later)

    told = [event.data.subject for event in stage.caught.events if event.envelope.subject == pair[0]["id"]]
    assert waiting == []
    assert told == ["patients.patient.registered.v1", PatientMerged.subject, PatientUnmerged.subject]


@asynccontextmanager
async def process(registry: Any, settings: Settings) -> AsyncIterator[Any]:
    """Another process of the service, which takes the same tokens."""
    async with registry.tokens.serving() as jwks_url:
        app = create_app(settings.model_copy(update={"oidc_jwks_url": jwks_url}))
        async with asgi_client(app) as client:
            yield replace(registry, app=app, client=client)


async def killed(stage: Stage, patient: Any, request: Callable[[], Awaitable[Any]]) -> Any:
    """The request's answer when its session dies while its transaction waits for the patient's row."""
    async with stage.locking.transaction():
        await stage.locking.execute("select from patient where id = $1 for update", UUID(patient["id"]))
        running = asyncio.ensure_future(request())
        async with asyncio.timeout(60):
            while not await stage.rows.fetch(TERMINATE):
                await asyncio.sleep(0.02)
        return await running


class AnswerLost:
    """Commits, and dies before it can say so."""

    def __init__(self, merges: MergeRepository) -> None:
        self._merges = merges

    def __getattr__(self, name: str) -> Any:
        return getattr(self._merges, name)

    async def write(self, step: Step, linked: Sequence[Patient]) -> bool:
        await self._merges.write(step, linked)
        raise RegistryTimeout


@contextmanager
def losing_answers(stage: Stage) -> Iterator[None]:
    """What is written is written, and nobody is told."""
    state = stage.registry.app.state
    services = state.patients
    dying = replace(services.merges, merges=AnswerLost(services.merges.merges))
    state.patients = replace(services, merges=dying)
    try:
        yield
    finally:
        state.patients = services
