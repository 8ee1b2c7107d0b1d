import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from openward_contracts.access import RecordRead
from openward_contracts.actor import SYSTEM_ACTOR
from openward_contracts.clinical import EhrCreated
from openward_contracts.event import Event
from openward_contracts.identifiers import ContributionId, EhrId
from openward_contracts.patients import PatientDeactivated, PatientRegistered, PatientUpdated
from openward_testkit.events import EventCatcher, about, publish
from openward_testkit.nats import NatsServer

BASE = "/api/patients/v1/patients"


async def test_a_registered_patient_can_be_read(registry: Any, person: dict[str, Any]) -> None:
    made = await registry.post(person)

    read = await registry.client.get(made.headers["location"], headers=registry.headers())

    assert made.status_code == 201
    assert read.status_code == 200
    assert read.headers["etag"] == made.headers["etag"] == '"1"'
    assert read.json() | {"updated_at": 0} == made.json() | {"updated_at": 0, **_times(read)}
    assert read.json()["names"] == [{"use": "official", **person["names"][0]}]
    assert read.json()["ehr"]["state"] == "pending"


def _times(read: Any) -> dict[str, Any]:
    """PostgreSQL keeps milliseconds."""
    return {"created_at": read.json()["created_at"]}


async def test_a_registration_has_one_event_without_demographics(
    registry: Any, person: dict[str, Any], nats_server: NatsServer
) -> None:
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "PATIENTS").watching() as catcher,
    ):
        made = (await registry.post(person)).json()
        event = await catcher.wait_for(PatientRegistered, lambda e: str(e.data.patient_id) == made["id"])

    assert str(event.data.ehr_id) == made["ehr"]["ehr_id"]
    assert event.envelope.authid == "clerk-1"
    assert person["names"][0]["family"] not in f"{event.headers()} {event.body()!r}"


async def test_the_same_key_registers_once(registry: Any, person: dict[str, Any]) -> None:
    key = {"Idempotency-Key": uuid4().hex}

    answers = await asyncio.gather(*(registry.post(person, **key) for _ in range(10)))
    last = await registry.post(person, **key)

    made = {answer.json()["id"] for answer in [*answers, last] if answer.status_code == 201}
    assert len(made) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert last.status_code == 201


async def test_a_key_is_for_one_request(registry: Any, person: dict[str, Any]) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    await registry.post(person, **key)

    other = await registry.post(person | {"gender": "male"}, **key)

    assert other.status_code == 422
    assert other.json()["code"] == "idempotency-key-reused"


async def test_a_key_that_comes_again_when_it_is_forgotten_registers_nobody_else(
    registry: Any, person: dict[str, Any], settings: Any
) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    made = await registry.post(person, **key)
    password = settings.database_password.get_secret_value()
    connection = await asyncpg.connect(settings.database_url, password=password)
    await connection.execute("delete from idempotency_key")
    await connection.close()

    other = await registry.post({"names": [{"family": "Somebody else"}]}, **key)
    same = await registry.post(person, **key)

    assert (other.status_code, other.json()["code"]) == (409, "patient-exists")
    assert (same.status_code, same.json()["id"]) == (201, made.json()["id"])


async def test_of_many_registrations_of_one_identifier_one_wins(
    registry: Any, person: dict[str, Any]
) -> None:
    others = [person | {"names": [{"family": uuid4().hex}]} for _ in range(20)]
    answers = await asyncio.gather(*(registry.insist(other) for other in others))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "identifier-taken"
    assert person["identifiers"][0]["value"] not in refused.text


async def test_an_update_needs_the_current_version(registry: Any, person: dict[str, Any]) -> None:
    path = (await registry.post(person)).headers["location"]

    async def patch(body: Any, **headers: str) -> Any:
        return await registry.client.patch(path, json=body, headers=registry.headers() | headers)

    assert (await patch({"gender": "other"})).status_code == 428
    assert (await patch({"gender": "other"}, **{"If-Match": "nonsense"})).status_code == 400
    updated = await patch({"gender": "other", "birth_date": None}, **{"If-Match": 'W/"1"'})
    stale = await patch({"gender": "male"}, **{"If-Match": '"1"'})

    assert updated.status_code == 200
    assert updated.headers["etag"] == '"2"'
    assert (updated.json()["gender"], updated.json().get("birth_date")) == ("other", None)
    assert stale.status_code == 412
    assert stale.headers["etag"] == '"2"'


async def test_what_an_update_answers_is_on_record(
    registry: Any, person: dict[str, Any], nats_server: NatsServer
) -> None:
    made = await registry.post(person)
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        headers = registry.headers(scope="user/Patient.u") | {"If-Match": '"1"'}
        answer = await registry.client.patch(made.headers["location"], json={}, headers=headers)
        read = await catcher.wait_for(RecordRead, lambda e: str(e.data.patient_id) == made.json()["id"])

    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert read.envelope.authid == "clerk-1"


async def test_of_concurrent_updates_one_wins(registry: Any, person: dict[str, Any]) -> None:
    path = (await registry.post(person)).headers["location"]
    headers = registry.headers() | {"If-Match": '"1"'}
    names = [{"names": [{"family": f"Name {n}"}]} for n in range(8)]

    answers = await asyncio.gather(
        *(registry.client.patch(path, json=body, headers=headers) for body in names)
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    winner = next(answer for answer in answers if answer.status_code == 200)
    read = await registry.client.get(path, headers=registry.headers())
    assert read.json()["names"] == winner.json()["names"]


async def test_an_update_says_which_fields_changed(
    registry: Any, person: dict[str, Any], nats_server: NatsServer
) -> None:
    made = await registry.post(person)
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "PATIENTS").watching() as catcher,
    ):
        headers = registry.headers() | {"If-Match": '"1"'}
        body = {"gender": "male", "names": [{"family": "Neill"}]}
        await registry.client.patch(made.headers["location"], json=body, headers=headers)
        event = await catcher.wait_for(PatientUpdated, about(made.json()["id"]))

    assert sorted(event.data.changed) == ["gender", "names"]
    assert event.data.version == 2


async def test_whether_a_record_is_in_use_is_told_from_the_start(
    registry: Any, person: dict[str, Any], nats_server: NatsServer
) -> None:
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "PATIENTS").watching() as catcher,
    ):
        made = await registry.post(person | {"active": False})
        for version, active in enumerate((True, False), 1):
            headers = registry.headers() | {"If-Match": f'"{version}"'}
            await registry.client.patch(made.headers["location"], json={"active": active}, headers=headers)
        registered = await catcher.wait_for(PatientRegistered, about(made.json()["id"]))
        updated = await catcher.wait_for(PatientUpdated, about(made.json()["id"]))
        deactivated = await catcher.wait_for(PatientDeactivated, about(made.json()["id"]))

    assert (registered.data.version, registered.data.active) == (1, False)
    assert (updated.data.version, updated.data.changed) == (2, ("active",))
    assert (deactivated.data.version, deactivated.data.changed) == (3, ("active",))


async def test_the_ehr_is_ready_when_clinical_says_so(
    registry: Any, person: dict[str, Any], nats_server: NatsServer, clinical_event: Any
) -> None:
    made = await registry.post(person)
    ehr_id = made.json()["ehr"]["ehr_id"]

    async def read() -> Any:
        return await registry.client.get(made.headers["location"], headers=registry.headers())

    async with await nats_server.connect() as nats:
        await publish(nats, clinical_event(ehr_id))
        await publish(nats, clinical_event(str(uuid4())))

    async with asyncio.timeout(60):
        while (await read()).json()["ehr"]["state"] != "ready":
            await asyncio.sleep(0.05)
    patient = (await read()).json()
    assert patient["ehr"] == {"ehr_id": ehr_id, "state": "ready"}
    assert patient["version"] == 1


@pytest.fixture
def clinical_event() -> Any:
    def made(ehr_id: str) -> Event[EhrCreated]:
        return Event.of(
            EhrCreated(ehr_id=EhrId(ehr_id), contribution_id=ContributionId.new()),
            source="/openward/clinical",
            aggregate_id=ehr_id,
            aggregate_version=1,
            actor=SYSTEM_ACTOR("clinical"),
            at=datetime.now(UTC),
            correlation_id="test",
        )

    return made


async def test_who_finds_no_room_in_the_registry_is_asked_to_come_back(registry: Any, settings: Any) -> None:
    password = settings.database_password.get_secret_value()
    connection = await asyncpg.connect(settings.database_url, password=password)
    try:
        async with connection.transaction():
            # What now registers waits, and keeps a connection meanwhile: one more than there are has none.
            await connection.execute("lock table patient in share row exclusive mode")
            people = [{"names": [{"family": "Waits"}]} for _ in range(settings.database_pool_size + 1)]
            answers = await asyncio.gather(*(registry.post(person) for person in people))
    finally:
        await connection.close()

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "registry-busy")}
    assert (await registry.post(people[0])).status_code == 201


async def test_the_service_may_do_no_more_than_it_needs(settings: Any) -> None:
    connection = await asyncpg.connect(
        settings.database_url, password=settings.database_password.get_secret_value()
    )
    try:
        for statement in ("delete from patient", "create table x (i int)", "drop table patient"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()
