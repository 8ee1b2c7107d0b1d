"""Auditors find entries by patient, actor, kind and time, page by page; nobody else does; all is recorded."""

import asyncio
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openward_contracts.access import RecordDenied, RecordQueried, RecordRead
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid

ENTRIES = "/api/audit/v1/entries"
STREAMS = "/api/audit/v1/streams"


def read(patient: PatientId) -> RecordRead:
    return RecordRead(patient_id=patient, resource="composition")


async def logged(auditors: Any, *events: Any) -> None:
    await auditors.publish(*events)
    await auditors.until(
        "count(*) = $2 from audit_entry where event_id = any($1)", [event.id for event in events], len(events)
    )


async def found(auditors: Any, **params: Any) -> list[dict[str, Any]]:
    """All pages."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await auditors.client.get(ENTRIES, params=params | ({"cursor": cursor} if cursor else {}))
        assert page.status_code == 200, page.text
        items += page.json()["items"]
        assert len(items) < 300, "pages without end"
        cursor = page.json()["next_cursor"]
        if cursor is None:
            return items


async def test_an_entry_is_shown_as_it_is_logged(auditors: Any) -> None:
    patient, ehr, version = PatientId.new(), EhrId.new(), VersionUid.of(uuid4(), "openward.test", 3)
    event = auditors.event(
        RecordRead(
            patient_id=patient,
            ehr_id=ehr,
            resource="composition",
            version_uid=version,
            template_id=TemplateId("Vital signs"),
        )
    )
    await logged(auditors, event)

    (item,) = await found(auditors, patient_id=str(patient))

    index, sequence = item.pop("index"), item.pop("sequence")
    assert isinstance(index, int)
    assert sequence > 0
    assert datetime.fromisoformat(item.pop("time")) == event.envelope.time
    assert item == {
        "stream": "ACCESS",
        "event_id": str(event.id),
        "kind": "access.record.read.v1",
        "actor": "ada",
        "patient_id": str(patient),
        "ehr_id": str(ehr),
        "version_uid": version,
        "template_id": "Vital signs",
        "outcome": "ok",
        "correlation_id": event.envelope.correlationid,
        "repaired": False,
    }


async def test_a_patients_entries_are_found_also_among_others(auditors: Any) -> None:
    patient, other = PatientId.new(), PatientId.new()
    queried = RecordQueried(patient_ids=(other, patient), query_sha256="0" * 64, rows=2)
    events = [auditors.event(payload) for payload in (read(patient), read(other), queried)]
    await logged(auditors, *events)

    items = await found(auditors, patient_id=str(patient))

    assert [item["event_id"] for item in items] == [str(events[2].id), str(events[0].id)]
    assert {item["patient_id"] for item in items} == {str(patient)}


async def test_entries_are_found_by_actor_kind_and_time(auditors: Any) -> None:
    actor = Actor(f"user-{uuid4()}", "web", ("clinician",))
    patient = PatientId.new()
    denied = RecordDenied(patient_id=patient, resource="ehr", action="read", reason="role-missing")
    first = auditors.event(read(patient), actor=actor)
    await asyncio.sleep(0.01)
    second = auditors.event(denied, actor=actor)
    await logged(auditors, first, second, auditors.event(read(patient)))
    between = second.envelope.time.isoformat()

    async def ids(**params: Any) -> list[str]:
        return [item["event_id"] for item in await found(auditors, actor=actor.sub, **params)]

    both = [str(second.id), str(first.id)]
    assert await ids() == both
    assert await ids(kind="access.") == both
    assert await ids(kind="access.record.denied.v1") == both[:1]
    assert await ids(kind="access.record") == await ids(kind="acc.") == await ids(kind="accesses.") == []
    assert await ids(**{"from": between}) == both[:1]
    assert await ids(to=between) == both[1:]
    assert await ids(patient_id=str(PatientId.new())) == []


async def test_a_search_is_recorded_before_it_is_answered(auditors: Any) -> None:
    patient = PatientId.new()
    await logged(auditors, auditors.event(read(patient)))

    answer = await auditors.client.get(ENTRIES, params={"patient_id": str(patient)})

    request_id = answer.headers["x-request-id"]
    await auditors.until("exists (select from audit_entry where correlation_id = $1)", request_id)
    items = await found(auditors, patient_id=str(patient), kind="access.record.queried.v1")
    records = [item for item in items if item["correlation_id"] == request_id]
    assert [(record["actor"], record["outcome"]) for record in records] == [("ines", "ok")]


async def test_without_a_durable_record_nothing_is_shown(auditors: Any) -> None:
    await auditors.log.execute("alter table outbox_event rename to outbox_away")
    try:
        answer = await auditors.client.get(ENTRIES)
    finally:
        await auditors.log.execute("alter table outbox_away rename to outbox_event")

    assert answer.status_code == 503
    assert answer.json()["code"] == "access-log-unavailable"


@pytest.mark.parametrize("path", [ENTRIES, STREAMS])
@pytest.mark.parametrize(
    "claims",
    [
        {"roles": ("clinician",), "scope": "user/AuditEvent.rs"},
        {"roles": ("auditor",), "scope": "user/Patient.rs"},
        {"roles": ("auditor",), "scope": "user/AuditEvent.cud"},
        {"roles": ("auditor",), "scope": "patient/AuditEvent.rs", "patient": str(uuid4())},
        {"roles": (), "scope": "user/AuditEvent.rs"},
    ],
)
async def test_who_is_no_auditor_is_denied_and_that_is_recorded(
    auditors: Any, path: str, claims: dict[str, Any]
) -> None:
    sub = f"user-{uuid4()}"
    answer = await auditors.client.get(path, headers=auditors.bearer(**claims, sub=sub))

    assert (answer.status_code, answer.json()["code"]) == (403, "permission-denied")
    await auditors.until("exists (select from audit_entry where actor = $1)", sub)
    (item,) = await found(auditors, actor=sub)
    assert (item["kind"], item["outcome"]) == ("access.record.denied.v1", "denied")


@pytest.mark.parametrize("path", [ENTRIES, STREAMS])
async def test_without_a_token_there_is_a_challenge(auditors: Any, path: str) -> None:
    for authorization in ("", "Basic aW5lczppbmVz", "Bearer forged"):
        answer = await auditors.client.get(path, headers={"Authorization": authorization})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"patient_id": "{not-a-uuid}"}, "patient_id"),
        ({"patient_id": uuid4().hex}, "patient_id"),
        ({"kind": "access.*"}, "kind"),
        ({"kind": "."}, "kind"),
        ({"actor": ""}, "actor"),
        ({"from": "2026-01-01T00:00:00"}, "from"),
        ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:00Z"}, "to"),
        ({"cursor": "forged"}, "cursor"),
    ],
)
async def test_a_search_that_cannot_be_is_refused_with_its_place(
    auditors: Any, params: dict[str, str], place: str
) -> None:
    answer = await auditors.client.get(ENTRIES, params=params)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["path"] for error in answer.json()["errors"]] == [place]


async def test_what_is_not_there_is_not_found(auditors: Any) -> None:
    for path in ("/api/audit/v1/entries/1", "/api/audit/v1/nothing", "/api/audit/v1/"):
        answer = await auditors.client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_a_cursor_is_good_for_its_search_and_caller_only(auditors: Any) -> None:
    patient = PatientId.new()
    await logged(auditors, *(auditors.event(read(patient)) for _ in range(3)))
    params = {"patient_id": str(patient), "limit": 1}
    cursor = (await auditors.client.get(ENTRIES, params=params)).json()["next_cursor"]

    another_search = await auditors.client.get(ENTRIES, params={"cursor": cursor})
    headers = auditors.bearer(sub="ivan", roles=("auditor",), scope="user/AuditEvent.rs")
    another_caller = await auditors.client.get(ENTRIES, params=params | {"cursor": cursor}, headers=headers)

    assert another_search.json()["code"] == another_caller.json()["code"] == "cursor-invalid"


async def test_streams_say_how_far_the_log_is(auditors: Any) -> None:
    await logged(auditors, auditors.event(read(PatientId.new())))

    answer = await auditors.client.get(STREAMS)

    state = {item.pop("stream"): item for item in answer.json()["items"]}
    assert list(state) == ["ACCESS", "CLINICAL", "PATIENTS", "TEMPLATES"]
    assert state["PATIENTS"] == {
        "position": 0,
        "last_sequence": 0,
        "lag": 0,
        "gaps_found": 0,
        "gaps_repaired": 0,
        "stopped": None,
    }
    assert state["ACCESS"]["position"] > 0


@pytest.mark.parametrize("by", ["patient_id", "actor", "from"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.lists(st.booleans(), min_size=10, max_size=40),
    during=st.lists(st.booleans(), max_size=40),
    limit=st.integers(1, 5),
)
async def test_pages_are_complete_and_without_repetition_while_entries_are_added(
    auditors: Any, before: list[bool], during: list[bool], limit: int, by: str
) -> None:
    """A boolean is whether an event is about our patient and by our actor, or about and by another."""
    patient, actor = PatientId.new(), Actor(f"user-{uuid4()}", "web", ("clinician",))

    def events(ours: list[bool]) -> list[Any]:
        return [
            auditors.event(read(patient), actor=actor) if mine else auditors.event(read(PatientId.new()))
            for mine in ours
        ]

    begun = datetime.now(UTC)
    there, coming = events(before), events(during)
    await logged(auditors, *there)
    publishing = asyncio.create_task(auditors.publish(*coming))
    value = {"patient_id": str(patient), "actor": actor.sub, "from": begun.isoformat()}[by]
    items = await found(auditors, **{by: value}, kind="access.record.read.v1", limit=limit)
    await publishing

    place = "time" if by == "from" else "index"
    assert items == sorted(items, key=itemgetter(place), reverse=True)
    ids = [item["event_id"] for item in items]
    assert len(ids) == len(set(ids))
    expected = [str(event.id) for event, mine in zip(there, before, strict=True) if mine or by == "from"]
    assert [event_id for event_id in ids if event_id in expected] == expected[::-1]
    if by != "from":
        assert {item["actor"] for item in items} <= {actor.sub}


async def test_a_search_is_recorded_as_a_hash_only(auditors: Any) -> None:
    actor = f"someone-{uuid4()}"
    answer = await auditors.client.get(ENTRIES, params={"actor": actor})
    request_id = answer.headers["x-request-id"]
    await auditors.until("exists (select from audit_entry where correlation_id = $1)", request_id)

    record = await auditors.log.fetchval(
        "select record from audit_entry where correlation_id = $1", request_id
    )
    assert b"query_sha256" in record
    assert actor.encode() not in record
