"""Which encounter a composition belongs to: here and in EHRbase's item tag, whatever fails in between."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from openward_cli.demo import vital_signs
from openward_cli.stack import Stack
from openward_contracts.identifiers import EhrId, EncounterId
from openward_contracts.patients import PatientDeactivated
from openward_servicekit.errors import Unavailable, UpstreamTimeout

BASE = "/api/clinical/v1/patients"
TEMPLATE = vital_signs.TEMPLATE_ID
VITALS = vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada")
SCOPE = "user/composition-*.crud user/Encounter.cruds"


class Chart:
    """One patient's compositions and encounters, as a clinician handles them."""

    def __init__(self, clinic: Any, patient: tuple[str, str], *, scope: str = SCOPE) -> None:
        self.clinic, (self.patient_id, self.ehr_id) = clinic, patient
        self.client: httpx.AsyncClient = clinic.client
        self.headers = clinic.headers(scope=scope)
        self.base = f"{BASE}/{self.patient_id}"
        self.pool: asyncpg.Pool = clinic.app.state.clinical.belonging.belongings._pool

    async def encounter(self, **body: Any) -> str:
        answer = await self.client.post(
            f"{self.base}/encounters", json={"encounter_class": "AMB", **body}, headers=self.headers
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["encounter_id"])

    async def write(self, encounter: str | None = None, **headers: str) -> httpx.Response:
        params = {"encounter_id": encounter} if encounter else {}
        return await self.client.post(
            f"{self.base}/compositions",
            params={**params, "template_id": TEMPLATE, "format": "FLAT"},
            json=VITALS,
            headers=self.headers | headers,
        )

    async def written(self, encounter: str | None = None) -> str:
        answer = await self.write(encounter)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["version_uid"])

    async def correct(self, uid: str, encounter: str | None = None) -> httpx.Response:
        params = {"encounter_id": encounter} if encounter else {}
        return await self.client.put(
            f"{self.base}/compositions/{uid[:36]}",
            params={**params, "template_id": TEMPLATE, "format": "FLAT"},
            json=VITALS,
            headers=self.headers | {"If-Match": f'"{uid}"'},
        )

    async def place(self, method: str, encounter: str, uid: str) -> httpx.Response:
        url = f"{self.base}/encounters/{encounter}/compositions/{uid[:36]}"
        return await self.client.request(method, url, headers=self.headers)

    async def inside(self, encounter: str, **params: Any) -> Any:
        url = f"{self.base}/encounters/{encounter}/compositions"
        answer = await self.client.get(url, params=params, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def uids_inside(self, encounter: str) -> list[str]:
        return [each["version_uid"] for each in (await self.inside(encounter))["items"]]

    async def listed(self) -> dict[str, str | None]:
        answer = await self.client.get(f"{self.base}/compositions", headers=self.headers)
        return {each["version_uid"]: each.get("encounter_id") for each in answer.json()["items"]}

    @property
    def tags_path(self) -> str:
        return f"/openehr/v1/ehr/{self.ehr_id}/composition"

    async def tags(self, uid: str) -> list[dict[str, Any]]:
        answer = await self.client.get(f"{self.tags_path}/{uid[:36]}/tags", headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    async def said(self, uid: str) -> list[str]:
        return [tag["value"] for tag in await self.tags(uid) if tag["key"] == "encounter"]

    async def kept(self, uid: str) -> str | None:
        """Whether EHRbase has been told, or nothing if nothing is kept."""
        asked = "select state from composition_encounter where object_id = $1"
        state: str | None = await self.pool.fetchval(asked, UUID(uid[:36]))
        return state

    async def pass_doubt(self) -> None:
        """As if so much time had passed that EHRbase can have carried out all that it was asked for."""
        await self.pool.execute("update composition_encounter set due_at = now(), quiet_at = now()")


@pytest.fixture
async def chart(clinic: Any) -> Chart:
    return Chart(clinic, await clinic.patient())


async def away(*_: object) -> None:
    raise Unavailable("EHRbase is away")


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_what_is_written_into_an_encounter_is_there_and_says_so(chart: Chart) -> None:
    visit = await chart.encounter()
    answer = await chart.write(visit)
    assert (answer.status_code, answer.json()["encounter_id"]) == (201, visit)
    inside, outside = answer.json()["version_uid"], await chart.written()

    assert await chart.uids_inside(visit) == [inside]
    assert await chart.listed() == {inside: visit, outside: None}
    assert await chart.said(inside) == [visit]
    assert await chart.said(outside) == []
    url = f"{chart.base}/compositions/{inside[:36]}/history"
    history = (await chart.client.get(url, headers=chart.headers)).json()
    assert [version["encounter_id"] for version in history] == [visit]


async def test_a_correction_stays_where_it_is_or_goes_where_it_says(chart: Chart) -> None:
    visit, other = await chart.encounter(), await chart.encounter()
    first = await chart.written(visit)
    second = (await chart.correct(first)).json()
    assert "encounter_id" not in second
    assert await chart.uids_inside(visit) == [second["version_uid"]]

    third = (await chart.correct(second["version_uid"], other)).json()
    assert third["encounter_id"] == other
    assert await chart.uids_inside(visit) == []
    assert await chart.uids_inside(other) == [third["version_uid"]]
    assert await chart.said(first) == [other]


async def test_a_refused_correction_leaves_it_where_it_is(chart: Chart) -> None:
    visit, other = await chart.encounter(), await chart.encounter()
    first = await chart.written(visit)
    await chart.correct(first)
    outdated = await chart.correct(first, other)
    assert outdated.status_code == 412
    assert await chart.said(first) == [visit]
    assert len(await chart.uids_inside(visit)) == 1


async def test_compositions_are_put_in_and_taken_out(chart: Chart) -> None:
    visit, other = await chart.encounter(), await chart.encounter()
    uid = await chart.written()
    for encounter in (visit, visit, other):
        answer = await chart.place("PUT", encounter, uid)
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await chart.uids_inside(visit), await chart.uids_inside(other)) == ([], [uid])
    assert await chart.said(uid) == [other]

    assert code(await chart.place("DELETE", visit, uid)) == (404, "composition-not-found")
    assert (await chart.place("DELETE", other, uid)).status_code == 204
    assert await chart.said(uid) == []
    assert await chart.listed() == {uid: None}
    assert code(await chart.place("DELETE", other, uid)) == (404, "composition-not-found")


async def test_lists_come_page_by_page_without_what_is_deleted(chart: Chart) -> None:
    visit = await chart.encounter()
    written = [await chart.written(visit) for _ in range(5)]
    headers = chart.headers | {"If-Match": f'"{written[2]}"'}
    gone = await chart.client.delete(f"{chart.base}/compositions/{written[2][:36]}", headers=headers)
    assert gone.status_code == 204
    first = await chart.inside(visit, limit=2)
    second = await chart.inside(visit, limit=2, cursor=first["next_cursor"])
    last = await chart.inside(visit, limit=2, cursor=second["next_cursor"])
    listed = [item["version_uid"] for page in (first, second, last) for item in page["items"]]
    assert listed == [uid for uid in written[::-1] if uid != written[2]]
    assert "next_cursor" not in last
    assert code(await chart.place("PUT", visit, written[2])) == (404, "composition-not-found")


async def test_an_ended_encounter_takes_late_notes_and_a_cancelled_one_none(chart: Chart) -> None:
    ended, void = await chart.encounter(), await chart.encounter(status="planned")
    match = chart.headers | {"If-Match": '"1"'}
    close = await chart.client.post(f"{chart.base}/encounters/{ended}/close", json={}, headers=match)
    why = {"why": "no show"}
    cancel = await chart.client.post(f"{chart.base}/encounters/{void}/cancel", json=why, headers=match)
    assert (close.status_code, cancel.status_code) == (200, 200)

    late = await chart.written(ended)
    assert await chart.uids_inside(ended) == [late]
    for refused in (await chart.write(void), await chart.place("PUT", void, late)):
        assert code(refused) == (409, "encounter-void")
        assert refused.json()["errors"][0]["path"] == "encounter_id"
    assert list(await chart.listed()) == [late]


async def test_encounters_of_others_take_nothing(chart: Chart, clinic: Any) -> None:
    foreign = await Chart(clinic, await clinic.patient()).encounter()
    uid = await chart.written()
    for name in (foreign, str(uuid4()), "x"):
        answer = await chart.write(name)
        assert code(answer) == (404, "encounter-not-found")
        assert answer.json()["errors"][0]["path"] == "encounter_id"
        assert code(await chart.place("PUT", name, uid)) == (404, "encounter-not-found")
    assert list(await chart.listed()) == [uid]
    mine = await chart.encounter()
    theirs = await Chart(clinic, await clinic.patient()).written()
    for name in (theirs, str(uuid4()), "x"):
        assert code(await chart.place("PUT", mine, name)) == (404, "composition-not-found")


async def test_who_may_not_read_encounters_or_write_names_none(chart: Chart, clinic: Any) -> None:
    visit, uid = await chart.encounter(), await chart.written()
    person = chart.patient_id, chart.ehr_id
    for scope in ("user/composition-*.crud", "user/composition-*.r user/Encounter.cruds"):
        stranger = Chart(clinic, person, scope=scope)
        assert (await stranger.write(visit)).status_code == 403
        assert (await stranger.place("PUT", visit, uid)).status_code == 403
    other = Chart(clinic, person, scope="user/composition-labs.r user/Encounter.r")
    await chart.place("PUT", visit, uid)
    assert await other.inside(visit) == {"items": []}


async def test_a_repeated_request_writes_and_places_once(chart: Chart, key: dict[str, str]) -> None:
    visit, other = await chart.encounter(), await chart.encounter()
    first, again = await chart.write(visit, **key), await chart.write(visit, **key)
    assert first.json() == again.json()
    assert code(await chart.write(other, **key)) == (422, "idempotency-key-reused")
    assert await chart.said(first.json()["version_uid"]) == [visit]


async def test_merged_patients_have_their_encounters_together(clinic: Any) -> None:
    source, survivor = Chart(clinic, await clinic.patient()), Chart(clinic, await clinic.patient())
    visit, before = await source.encounter(), await source.written()
    people = (source.patient_id, source.ehr_id), (survivor.patient_id, survivor.ehr_id)
    merge_id = await clinic.merge(*people)
    async with asyncio.timeout(60):
        while before not in await survivor.listed():
            await asyncio.sleep(0.1)
    named = await source.write(visit)
    assert named.status_code == 201, named.text
    assert await survivor.uids_inside(visit) == [named.json()["version_uid"]]
    assert code(await survivor.place("PUT", visit, before)) == (409, "ehr-merged")

    await clinic.unmerge(merge_id, *people)
    async with asyncio.timeout(60):
        while before in await survivor.listed():
            await asyncio.sleep(0.1)
    assert await source.inside(visit) == {"items": []}
    assert await survivor.listed() == {named.json()["version_uid"]: None}


async def test_an_inactive_patient_s_compositions_stay_where_they_are(chart: Chart, clinic: Any) -> None:
    visit, uid = await chart.encounter(), await chart.written()
    gone = PatientDeactivated(patient_id=chart.patient_id, version=2, changed=())
    await clinic.tell(gone, chart.patient_id, 2)
    async with asyncio.timeout(60):
        while (answer := await chart.place("PUT", visit, uid)).is_success:
            await asyncio.sleep(0.1)
    assert code(answer) == (409, "patient-inactive")


async def test_the_tag_is_changed_together_with_the_encounter_alone(chart: Chart) -> None:
    visit = await chart.encounter()
    inside, other = await chart.written(visit), await chart.written()
    url, others = f"{chart.tags_path}/{inside[:36]}/tags", f"{chart.tags_path}/{other[:36]}/tags"
    [tag] = await chart.tags(inside)

    headers = chart.clinic.headers(scope=f"{SCOPE} user/Patient.ru")

    async def sent(method: str, place: str, *tags: Any) -> httpx.Response:
        return await chart.client.request(method, place, json=list(tags), headers=headers)

    moved = {"id": tag["id"], "key": "ward", "value": "3"}
    for refused in (
        await sent("PUT", url, {"key": "encounter", "value": str(uuid4())}),
        await sent("PUT", url, {"key": "ward", "value": "3"}, {"key": "encounter", "target_path": None}),
        await sent("PUT", url, moved),
        await sent("DELETE", url, tag["id"]),
        await sent("DELETE", url, tag["id"].upper()),
    ):
        assert code(refused) == (409, "encounter-tag-reserved")
    for place in (others, f"/openehr/v1/ehr/{chart.ehr_id}/ehr_status/{uuid4()}/tags"):
        assert code(await sent("PUT", place, moved)) == (404, "resource-not-found")
    allowed = await sent(
        "PUT",
        url,
        {"key": "ward", "value": "3"},
        {"key": "encounter", "target_path": "/context", "value": "x"},
    )
    assert allowed.status_code in (200, 204), allowed.text
    assert sorted(await chart.said(inside)) == sorted([visit, "x"])

    await chart.place("DELETE", visit, inside)
    assert {tag["value"] for tag in await chart.tags(inside)} == {"3", "x"}


async def test_what_fails_between_the_two_is_made_good(
    chart: Chart, monkeypatch: pytest.MonkeyPatch, repair: Any
) -> None:
    belonging = chart.clinic.app.state.clinical.belonging
    visit, other = await chart.encounter(), await chart.encounter()

    monkeypatch.setattr(belonging.belongings, "_overdue", belonging.belongings._overdue * 0)
    with monkeypatch.context() as broken:
        broken.setattr(belonging.tags, "put", away)
        uid = await chart.written(visit)
    assert (await chart.uids_inside(visit), await chart.said(uid)) == ([uid], [])
    await repair(belonging)
    assert await chart.said(uid) == [visit]

    with monkeypatch.context() as broken:
        broken.setattr(belonging.belongings, "take", away)
        corrected = (await chart.correct(uid, other)).json()["version_uid"]
    assert await chart.said(uid) == [visit]
    await repair(belonging)
    assert await chart.uids_inside(other) == [corrected]
    assert await chart.said(uid) == [other]

    with monkeypatch.context() as broken:
        broken.setattr(belonging.tags, "put", away)
        await chart.place("DELETE", other, uid)
    assert (await chart.listed(), await chart.said(uid)) == ({corrected: None}, [other])
    await repair(belonging)
    assert await chart.said(uid) == []


async def test_what_ehrbase_carries_out_late_does_not_last(
    chart: Chart, monkeypatch: pytest.MonkeyPatch, repair: Any
) -> None:
    belonging = chart.clinic.app.state.clinical.belonging
    visit, other, uid = await chart.encounter(), await chart.encounter(), await chart.written()

    async def given_up(*_: object) -> None:
        raise UpstreamTimeout("EHRbase may still be at work.")

    with monkeypatch.context() as slow:
        slow.setattr(belonging.tags, "put", given_up)
        await chart.place("PUT", visit, uid)
    await chart.place("PUT", other, uid)
    assert await chart.said(uid) == [other]
    await belonging.tags.put(EhrId(chart.ehr_id), UUID(uid[:36]), EncounterId(visit))
    assert await chart.said(uid) == [visit]
    await chart.pass_doubt()
    await repair(belonging)
    assert await chart.said(uid) == [other]
    assert await chart.kept(uid) == "done"


@pytest.mark.parametrize("erased", [True, False])
async def test_what_is_no_more_keeps_nothing_waiting(
    chart: Chart, stack: Stack, monkeypatch: pytest.MonkeyPatch, repair: Any, *, erased: bool
) -> None:
    belonging = chart.clinic.app.state.clinical.belonging
    visit = await chart.encounter()
    with monkeypatch.context() as broken:
        broken.setattr(belonging.tags, "put", away)
        uid = await chart.written(visit)
    if erased:
        await erase(stack, chart, uid)
    else:
        headers = chart.headers | {"If-Match": f'"{uid}"'}
        await chart.client.delete(f"{chart.base}/compositions/{uid[:36]}", headers=headers)
    for _ in range(2):
        await chart.pass_doubt()
        await repair(belonging)
    assert await chart.kept(uid) == (None if erased else "done")


async def test_what_is_erased_belongs_nowhere(chart: Chart, stack: Stack) -> None:
    uid = await chart.written(await chart.encounter())
    assert await chart.kept(uid) == "done"
    await erase(stack, chart, uid)
    async with asyncio.timeout(60):
        while await chart.kept(uid):
            await asyncio.sleep(0.1)


async def erase(stack: Stack, chart: Chart, uid: str) -> None:
    """For good, by EHRbase's administrator."""
    login = "openward-admin", stack.secret("ehrbase.admin.password").read_text().strip()
    async with httpx.AsyncClient(auth=login, timeout=60) as ehrbase:
        path = f"rest/admin/ehr/{chart.ehr_id}/composition/{uid[:36]}"
        answer = await ehrbase.delete(f"{stack.ehrbase_url}/{path}")
    assert answer.is_success, answer.text


async def test_many_encounters_at_once_end_in_one(chart: Chart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinical.service.belonging._PATIENCE", 60.0)
    visits = [await chart.encounter() for _ in range(6)]
    uid = await chart.written()
    answers = await asyncio.gather(*(chart.place("PUT", visit, uid) for visit in visits * 2))
    [said] = await chart.said(uid)
    assert ({answer.status_code for answer in answers}, (await chart.listed())[uid]) == ({204}, said)
    assert [visit for visit in visits if await chart.uids_inside(visit)] == [said]
