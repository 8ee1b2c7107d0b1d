"""What was written while two patients counted as one is listed for a human, with a suggestion."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from openward_contracts.access import RecordRead
from openward_testkit.events import EventCatcher

Person = tuple[str, str]
PATH = "/api/clinical/v1/merges/{}/review"


async def carried_out(clinic: Any, person: Person, *, merged: bool) -> None:
    async with asyncio.timeout(60):
        while True:
            ehr = (await clinic.get(f"/api/clinical/v1/patients/{person[0]}/ehr")).json()
            if ("survivor_id" in ehr) is merged:
                return
            await asyncio.sleep(0.05)


async def merge(clinic: Any, source: Person, survivor: Person) -> UUID:
    merge_id: UUID = await clinic.merge(source, survivor)
    await carried_out(clinic, source, merged=True)
    return merge_id


async def write(clinic: Any, person: Person, sub: str) -> str:
    answer = await clinic.write(person[0], **clinic.headers(sub=sub))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["version_uid"])


async def review(clinic: Any, merge_id: UUID, role: str = "clerk", **params: Any) -> httpx.Response:
    answer: httpx.Response = await clinic.client.get(
        PATH.format(merge_id), params=params, headers=clinic.headers(role)
    )
    return answer


@pytest.fixture
async def source(clinic: Any) -> Person:
    person: Person = await clinic.patient()
    return person


@pytest.fixture
async def survivor(clinic: Any) -> Person:
    person: Person = await clinic.patient()
    return person


async def test_each_version_has_its_author_the_patient_named_and_a_suggestion(
    clinic: Any, source: Person, survivor: Person
) -> None:
    for person, sub in ((source, "sue"), (survivor, "sam")):
        await write(clinic, person, sub)
    merge_id = await merge(clinic, source, survivor)
    uids = [
        await write(clinic, source, "new"),
        await write(clinic, source, "sue"),
        await write(clinic, survivor, "sam"),
        await write(clinic, survivor, "sue"),
    ]
    await clinic.unmerge(merge_id, source, survivor)
    await carried_out(clinic, source, merged=False)
    await write(clinic, survivor, "sam")

    found = (await review(clinic, merge_id)).json()

    assert [v["version_uid"] for v in found["versions"]] == uids
    assert [
        (v["committer"], v["named_patient_id"], v["suggestion"], v["reason"]) for v in found["versions"]
    ] == [
        ("new", source[0], "source", "named-patient"),
        ("sue", source[0], "source", "named-patient-and-author"),
        ("sam", survivor[0], "survivor", "named-patient-and-author"),
        ("sue", survivor[0], "undecided", "contradiction"),
    ]
    assert {v["ehr_id"] for v in found["versions"]} == {survivor[1]}
    assert found["merged_at"] < found["versions"][0]["committed_at"] < found["unmerged_at"]


async def test_a_review_of_a_merge_that_holds_follows_the_chain(
    clinic: Any, source: Person, survivor: Person
) -> None:
    last: Person = await clinic.patient()
    merge_id = await merge(clinic, source, survivor)
    first = await write(clinic, source, "new")
    await merge(clinic, survivor, last)
    second = await write(clinic, source, "new")

    found = (await review(clinic, merge_id)).json()

    assert [(v["version_uid"], v["ehr_id"]) for v in found["versions"]] == [
        (first, survivor[1]),
        (second, last[1]),
    ]
    assert (found["unmerged_at"], found["next_after"]) == (None, None)


async def test_a_long_review_has_pages(clinic: Any, source: Person, survivor: Person) -> None:
    merge_id = await merge(clinic, source, survivor)
    uids = [await write(clinic, source, "new") for _ in range(3)]

    first = (await review(clinic, merge_id, limit=2)).json()
    second = (await review(clinic, merge_id, limit=2, after=first["next_after"])).json()

    assert [v["version_uid"] for page in (first, second) for v in page["versions"]] == uids
    assert second["next_after"] is None


async def test_corrections_are_listed_too_and_a_failed_write_is_not(
    clinic: Any, source: Person, survivor: Person
) -> None:
    merge_id = await merge(clinic, source, survivor)
    uid = await write(clinic, source, "new")
    await clinic.correct(source[0], uid)
    await clinic.write(source[0], {"vital_signs/nothing": 1})

    found = (await review(clinic, merge_id)).json()

    assert [(v["version_uid"], v["kind"]) for v in found["versions"]] == [
        (uid, "create"),
        (f"{uid[:-1]}2", "update"),
    ]


async def test_a_review_is_for_clerks_and_clinicians_and_on_record(
    clinic: Any, source: Person, survivor: Person
) -> None:
    merge_id = await merge(clinic, source, survivor)
    await write(clinic, source, "new")
    async with (
        await clinic.nats.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        statuses = [
            (await review(clinic, merge_id, role)).status_code
            for role in ("clerk", "clinician", "patient", "auditor")
        ]
        read = await catcher.wait_for(
            RecordRead, lambda e: e.data.resource == "merge-review" and str(e.data.ehr_id) == survivor[1]
        )

    assert statuses == [200, 200, 403, 403]
    assert (read.data.resource, read.data.count) == ("merge-review", 1)
    assert (str(read.data.patient_id), str(read.data.ehr_id)) == survivor


async def test_of_an_unknown_merge_there_is_no_review(clinic: Any) -> None:
    answer = await review(clinic, uuid4())

    assert (answer.status_code, answer.json()["code"]) == (404, "merge-not-found")
