"""Merging two patients and taking it back, over HTTP."""

import asyncio
from collections.abc import Callable
from itertools import permutations
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from openward_contracts.access import RecordRead
from openward_contracts.event import Event
from openward_testkit.events import EventCatcher
from openward_testkit.nats import NatsServer
from openward_testkit.postgres import PostgresServer
from patients.settings import Settings

BASE = "/api/patients/v1/patients"
MERGES = "/api/patients/v1/merges"


async def register(registry: Any, **fields: Any) -> Any:
    answer = await registry.post({"names": [{"family": f"Merge {uuid4().hex}"}]} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def current(registry: Any, patient: Any) -> Any:
    return (await registry.get(f"{BASE}/{patient['id']}")).json()


async def change(registry: Any, patient: Any, **fields: Any) -> Any:
    now = await current(registry, patient)
    headers = registry.headers() | {
        "If-Match": f'"{now["version"]}"',
        "Content-Type": "application/merge-patch+json",
    }
    return await registry.client.patch(f"{BASE}/{patient['id']}", json=fields, headers=headers)


def known(patient: Any) -> Any:
    """What a record says, without what every change moves."""
    return {name: value for name, value in patient.items() if name not in {"version", "updated_at", "ehr"}}


def of(patient: Any) -> Callable[[Event[RecordRead]], bool]:
    return lambda event: str(event.data.patient_id) == patient["id"]


async def test_a_preview_shows_both_and_stores_nothing(registry: Any, nats_server: NatsServer) -> None:
    source = await register(registry, gender="female", birth_date="1980-02-29")
    target = await register(registry, gender="male", birth_date="1980-02-29")
    pair = {"source_id": source["id"], "target_id": target["id"]}
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        answer = await registry.client.post(f"{MERGES}/preview", json=pair, headers=registry.headers())
        read = [await catcher.wait_for(RecordRead, of(patient)) for patient in (source, target)]

    preview = answer.json()
    assert [event.envelope.authid for event in read] == ["clerk-1", "clerk-1"]
    assert {field["field"]: field["verdict"] for field in preview["fields"]} == {
        "names": "differ",
        "gender": "differ",
        "birth_date": "same",
    }
    assert preview["warnings"] == ["sex-differs"]
    assert (preview["source"]["version"], preview["source"]["ehr_id"]) == (1, source["ehr"]["ehr_id"])
    assert await current(registry, source) == source
    assert await current(registry, target) == target


async def test_a_merge_leads_from_the_source_to_the_survivor_and_copies_nothing(registry: Any) -> None:
    source, target = await register(registry), await register(registry)

    answer = await registry.merge(source, target)

    decision = answer.json()
    assert (answer.status_code, decision["state"], decision["holds"]) == (201, "merging", True)
    assert (await registry.get(answer.headers["location"])).json() == decision
    now, survivor = await current(registry, source), await current(registry, target)
    assert known(now) == known(source) | {"survivor_id": target["id"]}
    assert known(survivor) == known(target)
    assert (now["version"], survivor["version"]) == (2, 2)
    history = (await registry.get(f"{BASE}/{source['id']}/history")).json()
    assert (history[0]["by"], history[0]["reason"]) == ("clerk-1", "one person")


async def test_a_merge_that_is_repeated_answers_the_same_decision(registry: Any) -> None:
    source, target = await register(registry), await register(registry)
    key = {"Idempotency-Key": uuid4().hex}

    first = await registry.merge(source, target, **key)
    replayed = await registry.merge(source, target, **key)
    repeated = await registry.merge(source, target)

    assert (first.status_code, replayed.status_code, repeated.status_code) == (201, 201, 200)
    assert first.json() == replayed.json() == repeated.json()


async def test_a_merged_patient_is_changed_at_the_survivor(registry: Any) -> None:
    source, target = await register(registry), await register(registry)
    await registry.merge(source, target)

    refused = await change(registry, source, gender="female")

    assert (refused.status_code, refused.json()["code"]) == (409, "patient-merged")
    assert refused.headers["link"] == f'<{BASE}/{target["id"]}>; rel="replaced-by"'


async def test_a_version_that_has_moved_is_named(registry: Any) -> None:
    source, target = await register(registry), await register(registry)
    await change(registry, target, gender="female")

    refused = await registry.merge(source, target)

    assert (refused.status_code, refused.json()["code"]) == (412, "version-mismatch")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/target_version"]
    assert (await current(registry, source))["version"] == 1


async def test_who_is_merged_already_is_not_merged_again(registry: Any) -> None:
    source, target, third = [await register(registry) for _ in range(3)]
    await registry.merge(source, target)

    for pair in ((source, third), (third, source)):
        refused = await registry.merge(*pair)
        assert (refused.status_code, refused.json()["code"]) == (409, "patient-merged")
        assert target["id"] in refused.headers["link"]


async def test_nobody_is_merged_with_themselves_or_with_nobody(registry: Any) -> None:
    patient = await register(registry)

    itself = await registry.merge(patient, patient)
    nobody = await registry.merge(patient, {"id": str(uuid4()), "version": 1})

    assert (itself.status_code, itself.json()["code"]) == (422, "merge-with-self")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "patient-not-found")


async def test_only_those_who_register_and_protect_patients_merge_them(registry: Any) -> None:
    source, target = await register(registry), await register(registry)

    assert (await registry.merge(source, target, **registry.headers("clinician"))).status_code == 403


async def test_whoever_may_not_see_a_patient_cannot_merge_them(registry: Any) -> None:
    hidden, open_to_all = await register(registry, restricted=True), await register(registry)

    refused = await registry.merge(hidden, open_to_all)
    privacy = registry.headers("privacy-officer")
    merged = await registry.merge(hidden, open_to_all, **privacy)
    path = merged.headers["location"]

    assert (refused.status_code, refused.json()["code"]) == (404, "patient-not-found")
    assert merged.status_code == 201
    for answer in (await registry.get(path), await registry.unmerge(merged.json()["id"])):
        assert (answer.status_code, answer.json()["code"]) == (404, "merge-not-found")
    assert (await registry.get(f"{MERGES}?patient_id={open_to_all['id']}")).json()["items"] == []
    assert (await registry.get(f"{BASE}/{open_to_all['id']}/links")).json()["merged"] == []
    assert len((await registry.get(f"{BASE}/{open_to_all['id']}/ehrs")).json()["items"]) == 1
    seen = await registry.get(f"{BASE}/{open_to_all['id']}/ehrs", **privacy)
    assert [ehr["role"] for ehr in seen.json()["items"]] == ["primary", "linked"]


async def test_a_merged_record_is_as_restricted_as_its_survivor(registry: Any) -> None:
    source, target = await register(registry), await register(registry)
    merge = (await registry.merge(source, target)).headers["location"]
    protected = {"If-Match": '"2"', "Content-Type": "application/merge-patch+json"}
    await registry.client.patch(
        f"{BASE}/{target['id']}",
        json={"restricted": True},
        headers=registry.headers("privacy-officer") | protected,
    )

    paths = (f"{BASE}/{source['id']}/links", f"{BASE}/{source['id']}/ehrs", merge)
    hidden = [(await registry.get(path)).status_code for path in paths]
    seen = [(await registry.get(path, **registry.headers("privacy-officer"))).status_code for path in paths]

    assert (hidden, seen) == ([404, 404, 404], [200, 200, 200])


async def test_a_restricted_record_comes_to_an_open_one_only_by_who_may_see_all(registry: Any) -> None:
    own, open_to_all = await register(registry, restricted=True), await register(registry)
    token = registry.tokens.token(
        sub="clerk-2",
        roles=("clerk", "patient"),
        scope="user/Patient.cruds patient/Patient.r",
        patient=own["id"],
    )

    refused = await registry.merge(own, open_to_all, Authorization=f"Bearer {token}")

    assert (refused.status_code, refused.json()["code"]) == (409, "merge-restricted")


async def test_an_unmerge_gives_both_back_with_their_later_edits(registry: Any) -> None:
    source, target = await register(registry), await register(registry, gender="male")
    decision = (await registry.merge(source, target)).json()
    await change(registry, target, gender="female")

    answer = await registry.unmerge(decision["id"])
    again = await registry.unmerge(decision["id"])
    edited = await change(registry, source, gender="other")

    assert (answer.status_code, answer.json()["holds"], answer.json()["state"]) == (200, False, "unmerging")
    assert again.json() == answer.json()
    assert known(edited.json()) == known(source) | {"gender": "other"}
    assert edited.json()["version"] == 4
    assert known(await current(registry, target)) == known(target) | {"gender": "female"}


async def test_a_pair_can_be_merged_again_after_it_was_parted(registry: Any) -> None:
    source, target = await register(registry), await register(registry)
    first = (await registry.merge(source, target)).json()
    await registry.unmerge(first["id"])

    second = await registry.merge(await current(registry, source), await current(registry, target))

    assert second.status_code == 201
    assert (await registry.unmerge(first["id"])).json()["holds"] is False
    assert (await registry.get(second.headers["location"])).json()["holds"] is True


async def test_a_chain_leads_to_one_survivor_and_can_be_opened_anywhere(registry: Any) -> None:
    first, second, third = [await register(registry) for _ in range(3)]
    lower = (await registry.merge(first, second)).json()
    upper = (await registry.merge(await current(registry, second), third)).json()

    links = (await registry.get(f"{BASE}/{first['id']}/links")).json()
    below = (await registry.get(f"{BASE}/{third['id']}/links")).json()["merged"]
    await registry.unmerge(lower["id"])
    parted = (await registry.get(f"{BASE}/{first['id']}/links")).json()
    left = (await registry.get(f"{BASE}/{third['id']}/links")).json()["merged"]

    assert (links["survivor_id"], links["merged_into"]["patient_id"]) == (third["id"], second["id"])
    assert [(each["patient_id"], each["merge_id"]) for each in below] == [
        (second["id"], upper["id"]),
        (first["id"], lower["id"]),
    ]
    assert parted == {"patient_id": first["id"], "survivor_id": first["id"], "merged": []}
    assert [each["patient_id"] for each in left] == [second["id"]]


async def test_whose_ehr_it_was_is_known_for_every_time(registry: Any) -> None:
    source, target = await register(registry), await register(registry)
    decision = (await registry.merge(source, target)).json()
    undone = (await registry.unmerge(decision["id"])).json()

    async def owners(patient: Any, at: str) -> list[tuple[str, str]]:
        found = await registry.client.get(
            f"{BASE}/{patient['id']}/ehrs", params={"at": at}, headers=registry.headers()
        )
        return [(ehr["patient_id"], ehr["role"]) for ehr in found.json()["items"]]

    merged, parted = decision["merged_at"], undone["unmerged_at"]
    assert await owners(target, target["created_at"]) == [(target["id"], "primary")]
    for patient in (source, target):
        assert await owners(patient, merged) == [(target["id"], "primary"), (source["id"], "linked")]
        assert await owners(patient, parted) == [(patient["id"], "primary")]
    before_anybody = await registry.get(f"{BASE}/{source['id']}/ehrs?at=2001-01-01T00:00:00Z")
    without_zone = await registry.get(f"{BASE}/{source['id']}/ehrs?at=2026-01-01T00:00:00")
    assert (before_anybody.status_code, without_zone.status_code) == (404, 400)


async def test_edits_in_between_are_listed_with_whose_they_seem_to_be(registry: Any) -> None:
    phone = {"system": "phone", "value": "+33140205050"}
    source, target = await register(registry, telecoms=[phone]), await register(registry)
    decision = (await registry.merge(source, target)).json()
    await change(registry, target, telecoms=[phone | {"use": "mobile"}], mothers_maiden_name="Petit")
    await registry.unmerge(decision["id"])
    await change(registry, target, gender="female")

    review = (await registry.get(f"{MERGES}/{decision['id']}/review")).json()

    assert review["clinical_review"] == f"/api/clinical/v1/merges/{decision['id']}/review"
    assert {(e["field"], e["suggestion"], e["because"], e["version"]) for e in review["edits"]} == {
        ("telecoms", "source", "source-had-it", 3),
        ("mothers_maiden_name", "undecided", "new", 3),
    }


async def test_all_merges_of_a_patient_are_listed_newest_first(registry: Any) -> None:
    target = await register(registry)
    made: list[str] = []
    for _ in range(3):
        source = await register(registry)
        made.insert(0, (await registry.merge(source, await current(registry, target))).json()["id"])

    found, cursor = [], ""
    while True:
        page = (await registry.get(f"{MERGES}?patient_id={target['id']}&limit=2{cursor}")).json()
        found += [merge["id"] for merge in page["items"]]
        if "next_cursor" not in page:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert found == made


async def test_of_two_opposite_merges_at_once_one_wins(registry: Any) -> None:
    for _ in range(5):
        one, other = await register(registry), await register(registry)

        answers = await asyncio.gather(registry.merge(one, other), registry.merge(other, one))

        first, second = sorted(answer.status_code for answer in answers)
        assert (first, second in {409, 412}) == (201, True)
        survivors = [(await current(registry, each)).get("survivor_id") for each in (one, other)]
        assert survivors.count(None) == 1


async def test_merges_of_everybody_into_everybody_at_once_make_chains_and_no_cycle(registry: Any) -> None:
    patients = [await register(registry) for _ in range(4)]

    answers = await asyncio.gather(*(registry.merge(*pair) for pair in permutations(patients, 2)))

    assert {answer.status_code for answer in answers} <= {201, 409, 412}
    made = [answer.json() for answer in answers if answer.status_code == 201]
    links = [(await registry.get(f"{BASE}/{patient['id']}/links")).json() for patient in patients]
    assert made
    assert len({link["survivor_id"] for link in links}) == len(patients) - len(made)
    assert sum(len(link["merged"]) for link in links if "merged_into" not in link) == len(made)


async def test_an_unmerge_and_an_edit_at_once_lose_neither(registry: Any) -> None:
    source, target = await register(registry), await register(registry)
    decision = (await registry.merge(source, target)).json()

    undone, edited = await asyncio.gather(
        registry.unmerge(decision["id"]), change(registry, target, gender="female")
    )

    assert undone.status_code == 200
    assert edited.status_code in {200, 412}
    assert (await current(registry, target))["gender"] == ("female" if edited.is_success else "unknown")


@pytest.fixture
async def rows(settings: Settings, postgres_server: PostgresServer) -> Any:
    name = settings.database_url.rpartition("/")[2].partition("?")[0]
    connection = await asyncpg.connect(postgres_server.of(name))
    yield connection
    await connection.close()


async def test_a_decision_labels_the_pair_that_was_in_doubt(registry: Any, rows: Any) -> None:
    source, target = await register(registry), await register(registry)
    pair = sorted((source["id"], target["id"]))
    await rows.execute(
        "insert into match_pair (low_id, high_id, weight, comparison, model, origin)"
        " values ($1, $2, 9, '{}', 'test', 'match')",
        *pair,
    )

    async def label() -> Any:
        query = (
            "select state, reason, decided_by ->> 'sub' from match_pair where low_id = $1 and high_id = $2"
        )
        return tuple(await rows.fetchrow(query, *pair))

    decision = (await registry.merge(source, target)).json()
    merged = await label()
    await registry.unmerge(decision["id"])

    assert merged == ("same", "one person", "clerk-1")
    assert await label() == ("different", "two persons", "clerk-1")
    preview = await registry.client.post(
        f"{MERGES}/preview",
        json={"source_id": source["id"], "target_id": target["id"]},
        headers=registry.headers(),
    )
    assert preview.json()["warnings"] == ["judged-different"]
