"""Two patients are one person: one record under either id, nothing copied, and taken back at any time."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from clinical.adapters.postgres_merges import PostgresMerges
from clinical.app import create_app
from clinical.domain.merge import Decision
from clinical.settings import Settings
from openward_cli.demo import vital_signs
from openward_contracts.access import RecordQueried
from openward_contracts.clinical import EhrMerged, EhrStatusUpdated, EhrUnmerged
from openward_contracts.identifiers import EhrId, PatientId
from openward_testkit.asgi import asgi_client
from openward_testkit.events import EventCatcher, about

BASE = "/api/clinical/v1/patients"
UIDS = "SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c"
COUNT = "SELECT COUNT(c/uid/value) FROM EHR e CONTAINS COMPOSITION c"
FLAT = {"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"}
VITALS = vital_signs.flat(111, 70, "2026-11-22T10:00:00Z", composer="Ada")

Person = tuple[str, str]


async def carried_out(clinic: Any, payload: type[EhrMerged | EhrUnmerged], merge_id: UUID) -> None:
    async with (
        await clinic.nats.connect("monitor") as nats,
        EventCatcher(nats, "CLINICAL").watching(from_start=True) as catcher,
    ):
        await catcher.wait_for(payload, lambda event: event.data.merge_id == merge_id, timeout=180)


async def merge(clinic: Any, source: Person, survivor: Person) -> UUID:
    """Decided, and carried out."""
    merge_id: UUID = await clinic.merge(source, survivor)
    await carried_out(clinic, EhrMerged, merge_id)
    return merge_id


async def unmerge(clinic: Any, merge_id: UUID, source: Person, survivor: Person) -> None:
    await clinic.unmerge(merge_id, source, survivor)
    await carried_out(clinic, EhrUnmerged, merge_id)


async def written(clinic: Any, person: Person) -> str:
    answer = await clinic.write(person[0])
    assert answer.status_code == 201, answer.text
    return str(answer.json()["version_uid"])


async def uids(clinic: Any, person: Person) -> set[str]:
    answer = await clinic.query(person[0], UIDS)
    return {row[0] for row in answer.json()["rows"]}


@pytest.fixture
async def source(clinic: Any) -> Person:
    person: Person = await clinic.patient()
    return person


@pytest.fixture
async def survivor(clinic: Any) -> Person:
    person: Person = await clinic.patient()
    return person


async def test_either_id_reads_everything(clinic: Any, source: Person, survivor: Person) -> None:
    mine, theirs = await written(clinic, source), await written(clinic, survivor)
    await merge(clinic, source, survivor)

    for person in (source, survivor):
        assert await uids(clinic, person) == {mine, theirs}
        assert (await clinic.query(person[0], COUNT)).json()["rows"] == [[2]]
        for uid in (mine, theirs):
            assert (await clinic.read(person[0], uid)).status_code == 200


async def test_the_answer_says_who_the_patient_is_now(clinic: Any, source: Person, survivor: Person) -> None:
    uid = await written(clinic, source)
    merge_id = await merge(clinic, source, survivor)

    old = await clinic.get(f"{BASE}/{source[0]}/ehr")
    new = await clinic.get(f"{BASE}/{survivor[0]}/ehr")

    assert old.json() == new.json() | {"survivor_id": survivor[0]}
    assert (new.json()["ehr_id"], new.json()["state"]) == (survivor[1], "ready")
    (linked,) = new.json()["linked"]
    assert linked.pop("since")
    assert linked == {"ehr_id": source[1], "patient_id": source[0], "merge_id": str(merge_id)}
    link = f'<{BASE}/{survivor[0]}>; rel="canonical"'
    assert [old.headers["link"], "link" in new.headers] == [link, False]
    for answer in (
        await clinic.read(source[0], uid),
        await clinic.query(source[0], UIDS),
        await clinic.write(source[0]),
    ):
        assert answer.headers["link"] == link


async def test_what_is_written_under_either_id_goes_to_the_primary(
    clinic: Any, source: Person, survivor: Person
) -> None:
    await merge(clinic, source, survivor)

    answers = [await clinic.write(person[0]) for person in (source, survivor)]
    corrected = await clinic.correct(source[0], answers[0].json()["version_uid"])

    assert [answer.json()["ehr_id"] for answer in answers] == [survivor[1], survivor[1]]
    assert (corrected.status_code, corrected.json()["ehr_id"]) == (200, survivor[1])


async def test_what_lies_in_a_linked_ehr_cannot_be_changed(
    clinic: Any, source: Person, survivor: Person
) -> None:
    uid = await written(clinic, source)
    await merge(clinic, source, survivor)
    path, match = f"{BASE}/{survivor[0]}/compositions/{uid.partition('::')[0]}", {"If-Match": uid}

    for answer in (
        await clinic.correct(survivor[0], uid),
        await clinic.correct(source[0], uid),
        await clinic.client.delete(path, headers=clinic.headers() | match),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "ehr-merged")
        assert survivor[1] in answer.json()["detail"]


async def test_by_ehr_id_a_linked_ehr_is_read_and_not_written_to(
    clinic: Any, source: Person, survivor: Person
) -> None:
    uid = await written(clinic, source)
    await merge(clinic, source, survivor)
    path = f"/openehr/v1/ehr/{source[1]}"

    async def post(scope: str) -> httpx.Response:
        headers = clinic.headers(scope=scope)
        answer: httpx.Response = await clinic.client.post(
            f"{path}/composition", params=FLAT, json=VITALS, headers=headers
        )
        return answer

    told, untold = await post("user/composition-*.c user/Patient.r"), await post("user/composition-*.c")
    asked = {"q": f"SELECT c/uid/value FROM EHR e[ehr_id/value='{source[1]}'] CONTAINS COMPOSITION c"}
    found = await clinic.client.post("/openehr/v1/query/aql", json=asked, headers=clinic.headers())

    assert (await clinic.get(path)).json()["ehr_id"]["value"] == source[1]
    assert (await clinic.get(f"{path}/composition/{uid}")).status_code == 200
    assert found.json()["rows"] == [[uid]]
    assert [(answer.status_code, answer.json()["code"]) for answer in (told, untold)] == [
        (409, "ehr-merged")
    ] * 2
    assert survivor[1] in told.json()["detail"]
    assert survivor[1] not in untold.json()["detail"]


async def test_a_chain_leads_to_its_end(clinic: Any, source: Person, survivor: Person) -> None:
    last: Person = await clinic.patient()
    everything = {await written(clinic, person) for person in (source, survivor, last)}
    await merge(clinic, source, survivor)
    await merge(clinic, survivor, last)

    for person in (source, survivor, last):
        assert await uids(clinic, person) == everything
    assert (await clinic.write(source[0])).json()["ehr_id"] == last[1]


async def test_of_a_chain_the_middle_takes_its_own_along(
    clinic: Any, source: Person, survivor: Person
) -> None:
    last: Person = await clinic.patient()
    mine, theirs, others = [await written(clinic, person) for person in (source, survivor, last)]
    first = await merge(clinic, source, survivor)
    second = await merge(clinic, survivor, last)

    await unmerge(clinic, second, survivor, last)
    assert [await uids(clinic, person) for person in (source, survivor, last)] == [
        {mine, theirs},
        {mine, theirs},
        {others},
    ]
    await unmerge(clinic, first, source, survivor)
    assert [await uids(clinic, person) for person in (source, survivor, last)] == [
        {mine},
        {theirs},
        {others},
    ]


async def test_undoing_restores_both_also_after_later_writes(
    clinic: Any, source: Person, survivor: Person
) -> None:
    mine = await written(clinic, source)
    merge_id = await merge(clinic, source, survivor)
    between = await written(clinic, source)

    await unmerge(clinic, merge_id, source, survivor)
    again = await clinic.correct(source[0], mine)

    assert (again.status_code, again.json()["ehr_id"]) == (200, source[1])
    assert await uids(clinic, survivor) == {between}
    assert (await clinic.get(f"{BASE}/{source[0]}/ehr")).json() == {"ehr_id": source[1], "state": "ready"}
    assert (await clinic.read(survivor[0], mine)).status_code == 404


async def test_a_request_from_before_the_merge_is_not_done_twice(
    clinic: Any, source: Person, survivor: Person, key: dict[str, str]
) -> None:
    """Its answer was lost, and so was the key; the composition was not."""
    first = await clinic.write(source[0], VITALS, **key)
    await clinic.app.state.clinical.idempotency.pool.execute("delete from idempotency_key")
    await merge(clinic, source, survivor)

    again = await clinic.write(source[0], VITALS, **key)

    assert again.status_code == 201
    assert again.json()["version_uid"] == first.json()["version_uid"]
    assert len(await uids(clinic, survivor)) == 1


async def test_a_patient_reads_their_record_under_the_id_that_they_have(
    clinic: Any, source: Person, survivor: Person
) -> None:
    uid = await written(clinic, survivor)
    await merge(clinic, source, survivor)
    scope = "patient/composition-*.r patient/Patient.r"

    own = await clinic.read(source[0], uid, **clinic.headers("patient", scope, patient=source[0]))
    stranger = await clinic.read(source[0], uid, **clinic.headers("patient", scope, patient=str(uuid4())))

    assert (own.status_code, stranger.status_code) == (200, 403)


async def test_a_query_is_on_record_for_each_ehr(clinic: Any, source: Person, survivor: Person) -> None:
    await merge(clinic, source, survivor)
    async with (
        await clinic.nats.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        await clinic.query(source[0], UIDS)
        queried = await catcher.wait_for(RecordQueried, about(source[1]))

    assert {str(ehr) for ehr in queried.data.ehr_ids} == {source[1], survivor[1]}
    assert {str(patient) for patient in queried.data.patient_ids} == {source[0], survivor[0]}


async def test_who_locks_the_ehr_is_told_as_the_decider_s_service(
    clinic: Any, source: Person, survivor: Person
) -> None:
    async with (
        await clinic.nats.connect("monitor") as nats,
        EventCatcher(nats, "CLINICAL").watching() as catcher,
    ):
        await merge(clinic, source, survivor)
        told = await catcher.wait_for(EhrMerged, lambda e: str(e.data.ehr_id) == source[1])
        status = await catcher.wait_for(EhrStatusUpdated, lambda e: str(e.data.ehr_id) == source[1])

    for event in (told, status):
        assert (event.envelope.authid, event.envelope.actor.on_behalf_of) == ("service:clinical", "clerk-1")
    assert str(told.data.survivor_ehr_id) == survivor[1]


async def test_a_process_that_starts_finishes_what_another_left(
    clinic: Any, settings: Settings, source: Person, survivor: Person
) -> None:
    for person in (source, survivor):
        await written(clinic, person)
    merge_id = uuid4()
    password = settings.database_password
    assert password is not None
    async with asyncpg.create_pool(settings.database_url, password=password.get_secret_value()) as pool:
        ids = PatientId(source[0]), PatientId(survivor[0]), EhrId(source[1]), EhrId(survivor[1])
        await PostgresMerges(pool).record(Decision(merge_id, *ids, datetime.now(UTC), "clerk-1", "req-1"))

    async with asgi_client(create_app(settings)):
        await carried_out(clinic, EhrMerged, merge_id)

    status = "SELECT e/ehr_status/is_modifiable, e/ehr_id/value FROM EHR e"
    rows = (await clinic.query(survivor[0], status)).json()["rows"]
    assert sorted(rows) == [[False, source[1]], [True, survivor[1]]]
