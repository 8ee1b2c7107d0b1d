"""The whole registry beside a model of it, through whatever its callers do one after the other."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from patients.settings import Settings

BASE = "/api/patients/v1/patients"
SYSTEM = "urn:example:model"
CLERK, OFFICER = "clerk", "privacy-officer"
WHY = {"Change-Reason": "seen on paper"}
JUST_BEFORE = timedelta(milliseconds=1)
EXAMPLES = 8
OFTEN = ("merge", "merge", "unmerge", "look_alike", "edit", "race")
SELDOM = (
    *("register", "take", "replace", "rename", "overlay", "retire"),
    *("protect", "switch", "look", "stale", "repeat"),
)

numbers = st.integers(0, 11)
steps = st.tuples(
    st.sampled_from((*OFTEN, *OFTEN, *SELDOM)), numbers, numbers, st.sampled_from((CLERK, CLERK, OFFICER))
)

Record = dict[str, Any]
Verdict = tuple[int, str | None]


def verdict(answer: Any) -> Verdict:
    return answer.status_code, None if answer.is_success else answer.json()["code"]


def timed(answer: Any) -> Any:
    moments = ("created_at", "updated_at")
    return answer | {name: datetime.fromisoformat(answer[name]) for name in moments if name in answer}


class Run:
    """A registry and a model to which the same is done."""

    def __init__(self, registry: Any, people: Callable[[], Record], model: Any) -> None:
        self.registry = registry
        self.people = people
        self.model = model
        self.merges: list[tuple[str, Any, Any]] = []
        self.keys: list[tuple[str, Record, bytes]] = []
        self.edits = 0

    async def send(self, method: str, path: str, role: str = CLERK, **options: Any) -> Any:
        headers = self.registry.headers(role) | options.pop("headers", {})
        return await self.registry.client.request(method, path, headers=headers, **options)

    def somebody(self) -> Record:
        """Like nobody else, by no word of a name."""
        made = self.people()
        family, given_name = made["names"][0]["family"], made["names"][0]["given"][1]
        names = [{"use": "official", "family": family, "given": [given_name]}]
        return {"names": names, "birth_date": made["birth_date"], "gender": "female"}

    @staticmethod
    def number() -> Record:
        return {"system": SYSTEM, "value": uuid4().hex}

    def registered(self, answer: Any, body: Record, reason: str | None = None) -> None:
        assert verdict(answer) == (201, None), answer.text
        made = timed(answer.json())
        assert made == self.model.register(made, body, f"{CLERK}-1", reason).view()

    async def register(self, one: int, _other: int = 0, _role: str = CLERK) -> None:
        special = {1: {"restricted": True}, 2: {"test": True}}.get(one % 6, {})
        nobody = {"unidentified": True, "gender": "male"}
        body = nobody if one % 6 == 3 else self.somebody() | special | {"identifiers": [self.number()]}
        key = uuid4().hex
        made = await self.send("POST", BASE, json=body, headers={"Idempotency-Key": key})
        self.registered(made, body)
        self.keys.append((key, body, made.content))

    async def repeat(self, one: int, other: int, _: str) -> None:
        """The same request later, or another one under its key."""
        key, body, content = self.keys[one % len(self.keys)]
        sent = body if other % 2 else body | {"mothers_maiden_name": "Other"}
        answer = await self.send("POST", BASE, json=sent, headers={"Idempotency-Key": key})
        if other % 2:
            assert (answer.status_code, answer.content) == (201, content)
        else:
            assert verdict(answer) == (422, "idempotency-key-reused")

    async def look_alike(self, one: int, other: int, _: str) -> None:
        person = self.model.of(one)
        if person.family is None:
            return
        body = {name: person.record[name] for name in ("names", "birth_date", "gender")}
        body |= {"identifiers": [self.number()]}
        suspects = self.model.look_alikes(person, CLERK)
        answer = await self.send("POST", BASE, json=body)
        if not suspects:
            self.registered(answer, body)
            return
        assert verdict(answer) == (409, "possible-duplicate"), answer.text
        assert suspects <= {each["patient_id"] for each in answer.json()["candidates"]}
        sure: Record = {"params": {"confirm": "duplicates"}, "json": body}
        assert verdict(await self.send("POST", BASE, **sure)) == (422, "reason-required")
        if other % 2:
            self.registered(await self.send("POST", BASE, **sure, headers=WHY), body, WHY["Change-Reason"])

    async def take(self, one: int, other: int, role: str) -> None:
        """An identifier that is, or once was, somebody's: by registering with it or by a change."""
        numbers = self.model.of(one).identifiers
        wanted = {"system": SYSTEM, "value": numbers[-1]["value"]} if numbers else self.number()
        if other % 2:
            await self.change(self.model.of(other), role, {"identifiers": [wanted]})
            return
        body = self.somebody() | {"identifiers": [wanted]}
        answer = await self.registry.insist(body)
        if self.model.holders([wanted]):
            assert verdict(answer) == (409, "identifier-taken"), answer.text
        else:
            self.registered(answer, body, "somebody else")

    async def change(self, person: Any, role: str, fields: Record, refusal: Any = None, **more: Any) -> None:
        """`more`: `version` in If-Match, `method`, options of the request. `refusal` instead of 200."""
        version, method = more.pop("version", person.number), more.pop("method", "PATCH")
        record = {name: value for name, value in (person.record | fields).items() if value != []}
        due = self.model.update(person, record, version, role)
        due = refusal if refusal and due == (200, None) else due
        headers = {"If-Match": f'"{version}"'} | more.pop("headers", {})
        sent = fields if method == "PATCH" else record
        answer = await self.send(method, f"{BASE}/{person.id}", role, json=sent, headers=headers, **more)
        assert verdict(answer) == due, answer.text
        if due == (200, None):
            self.changed(person, record, answer, role, headers.get("Change-Reason"))

    @staticmethod
    def changed(person: Any, record: Record, answer: Any, role: str, reason: str | None = None) -> None:
        now = timed(answer.json())
        person.change(record, now["updated_at"], f"{role}-1", reason)
        assert now == person.view()

    def fresh(self) -> Record:
        self.edits += 1
        return {"mothers_maiden_name": f"Edited {self.edits}", "deceased": self.edits % 2 == 0}

    async def edit(self, one: int, other: int, role: str) -> None:
        """Sometimes to what is there already."""
        await self.change(self.model.of(one), role, self.fresh() if other % 4 else {}, headers=WHY)

    async def replace(self, one: int, _: int, role: str) -> None:
        spoken = {"communications": [{"language": "nl", "preferred": True}]}
        await self.change(self.model.of(one), role, spoken, method="PUT")

    async def rename(self, one: int, _: int, role: str) -> None:
        """Also of one who was not known."""
        person, other = self.model.of(one), self.somebody()
        born = {} if person.family else {"birth_date": other["birth_date"], "unidentified": False}
        await self.change(person, role, {"names": other["names"]} | born)

    async def overlay(self, one: int, other: int, role: str) -> None:
        person = self.model.of(one)
        sure = {"params": {"confirm": "overlay"}, "headers": WHY} if other % 2 else {}
        known = not person.record["unidentified"]
        refusal = (409, "overlay-suspected") if known and not sure else None
        await self.change(person, role, self.somebody(), refusal, **sure)

    async def retire(self, one: int, other: int, role: str) -> None:
        """All identifiers are of the past, and maybe there is a new one."""
        person = self.model.of(one)
        old = [each | {"use": "old"} for each in person.identifiers]
        await self.change(person, role, {"identifiers": [*old, *([self.number()] if other % 2 else [])]})

    async def protect(self, one: int, other: int, role: str) -> None:
        await self.change(self.model.of(one), role, {"restricted": other % 2 == 0})

    async def switch(self, one: int, other: int, role: str) -> None:
        await self.change(self.model.of(one), role, {"active": other % 3 == 0})

    async def stale(self, one: int, other: int, role: str) -> None:
        person = self.model.of(one)
        await self.change(person, role, self.fresh(), version=person.number + (1 if other % 2 else -1))
        bare = await self.send("PATCH", f"{BASE}/{person.id}", role, json={})
        assert verdict(bare) == (428, "if-match-required")

    async def race(self, one: int, _: int, role: str) -> None:
        """Two changes of the same version at once."""
        person, fields = self.model.of(one), [self.fresh(), self.fresh()]
        due = self.model.update(person, person.record | fields[0], person.number, role)
        options = {"headers": {"If-Match": f'"{person.number}"'}}
        sent = [self.send("PATCH", f"{BASE}/{person.id}", role, json=each, **options) for each in fields]
        answers = await asyncio.gather(*sent)
        other = (412, "version-mismatch") if due == (200, None) else due
        assert Counter(map(verdict, answers)) == Counter([due, other])
        for each, answer in zip(fields, answers, strict=True):
            if answer.is_success:
                self.changed(person, person.record | each, answer, role)

    async def merge(self, one: int, other: int, role: str) -> None:
        source, target = self.model.of(one), self.model.of(other)
        stale = (one + other) % 5 == 0
        due = self.model.merge(source, target, stale=stale, role=role)
        seen = [{"id": each.id, "version": each.number} for each in (source, target)]
        seen[other % 2]["version"] += stale
        answer = await self.registry.merge(*seen, **self.registry.headers(role))
        assert verdict(answer) == due, answer.text
        if due == (201, None):
            made = answer.json()
            at = datetime.fromisoformat(made["merged_at"])
            self.model.link(source, target, target, at, f"{role}-1", "one person")
            self.merges.append((made["id"], source, target))

    async def unmerge(self, one: int, _: int, role: str) -> None:
        """Of any, also of one that is undone already."""
        if not self.merges:
            return
        merge_id, source, target = self.merges[one % len(self.merges)]
        answer = await self.registry.unmerge(merge_id, **self.registry.headers(role))
        if not (source.seen_by(role) and target.seen_by(role)):
            assert verdict(answer) == (404, "merge-not-found")
            return
        assert (verdict(answer), answer.json()["holds"]) == ((200, None), False)
        at = datetime.fromisoformat(answer.json()["unmerged_at"])
        if source.into is target and at > source.versions[-1].at:
            self.model.link(source, target, None, at, f"{role}-1", "two persons")

    async def look(self, one: int, _: int, role: str) -> None:
        await Look(self, role).whole(self.model.of(one))


class Look:
    """Whether all that the registry answers to a role is what the model says."""

    def __init__(self, run: Run, role: str) -> None:
        self.run = run
        self.model = run.model
        self.role = role

    async def get(self, path: str, **params: Any) -> Any:
        return await self.run.send("GET", f"{BASE}{path}", self.role, params=params)

    async def all(self) -> None:
        for person in self.model.people:
            await self.whole(person)
        await self.through()

    async def whole(self, person: Any) -> None:
        await self.at(person)
        await self.for_(person)

    async def at(self, person: Any) -> None:
        """The record, every version of it, and what it was at any time."""
        read, history = await self.get(f"/{person.id}"), await self.get(f"/{person.id}/history")
        if not person.seen_by(self.role):
            assert [verdict(each) for each in (read, history)] == [(404, "patient-not-found")] * 2
            return
        assert timed(read.json()) == person.view()
        assert [told(each) for each in history.json()] == person.past()
        for number, version in enumerate(person.versions):
            before = await self.get(f"/{person.id}/as-of", at=(version.at - JUST_BEFORE).isoformat())
            then = await self.get(f"/{person.id}/as-of", at=version.at.isoformat())
            assert (then.json(), then.headers["etag"]) == (version.record, f'"{number + 1}"')
            if number == 0:
                assert verdict(before) == (404, "patient-not-found")
            else:
                assert before.json() == person.versions[number - 1].record

    async def for_(self, person: Any) -> None:
        """By number, by every identifier, by name: whoever survives, once."""
        await self.finds({"mrn": person.fixed["mrn"]}, [person])
        if person.family:
            namesakes = [each for each in self.model.people if each.family == person.family]
            await self.finds({"name": person.family}, namesakes)
        for number in person.identifiers:
            value = number["value"]
            numbered = [p for p in self.model.people if value in {each["value"] for each in p.identifiers}]
            await self.finds({"identifier": {"system": SYSTEM, "value": value}}, numbered)
            assert number.get("use") == "old" or self.model.holders([number]) == [person]

    async def finds(self, body: Record, found: list[Any]) -> None:
        """Whom those that are found lead to, and nobody else."""
        for active in (True, "any"):
            sent = body | {"active": active, "count": True}
            answer = await self.run.send("POST", f"{BASE}/_search", self.role, json=sent)
            items = answer.json()["items"]
            meant = [each for each in found if active == "any" or each.end.record["active"]]
            wanted = {each.end.id for each in meant if each.seen_by(self.role)}
            assert Counter(item["id"] for item in items) == Counter(wanted), (body, active, self.role)
            assert answer.json()["total"] == len(items)
            assert not [item for item in items if "survivor_id" in item]

    async def through(self) -> None:
        """All records, in the order in which they came, each on one page."""
        since = self.model.people[0].fixed["created_at"].isoformat()
        for merged in (None, True, False):
            query = {"registered_since": since} | ({} if merged is None else {"merged": merged})
            ids = [item async for item in listed(self.run, self.role, query)]
            wanted = [p for p in self.model.people if merged in {None, p.into is not None}]
            assert ids == [p.id for p in wanted if p.seen_by(self.role)], (merged, self.role)


async def listed(run: Run, role: str, query: Record) -> AsyncIterator[str]:
    cursor: Record = {}
    while True:
        page = await run.send("GET", BASE, role, params=query | cursor | {"limit": 3})
        assert page.status_code == 200, page.text
        for item in page.json()["items"]:
            yield item["id"]
        if page.json()["next_cursor"] is None:
            return
        cursor = {"cursor": page.json()["next_cursor"]}


def told(version: Record) -> Any:
    changed = {each["field"]: (each["before"], each["after"]) for each in version["changed"]}
    at = datetime.fromisoformat(version["at"])
    return version["version"], at, version["by"], version["reason"], changed


@pytest.fixture
async def events(settings: Settings) -> AsyncIterator[Callable[[], Any]]:
    """Of every event, sent or not: the patient, their version, what it tells."""
    password = settings.database_password.get_secret_value()
    connection = await asyncpg.connect(settings.database_url, password=password)

    async def all_of() -> list[tuple[str, int, str]]:
        rows = await connection.fetch(
            "select headers ->> 'ce-subject', (headers ->> 'ce-sequence')::int, headers ->> 'ce-type'"
            " from (select headers from outbox_event union all select headers from outbox_sent) e"
        )
        return [(row[0], row[1], row[2]) for row in rows]

    yield all_of
    await connection.close()


@hypothesis_settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],  # to shrink a failure takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(done=st.lists(steps, min_size=20, max_size=25))
async def test_the_registry_is_what_was_done_to_it(
    registry: Any, people: Any, models: Any, events: Any, done: list[tuple[str, int, int, str]]
) -> None:
    run = Run(registry, people, models())
    for number in range(4):
        await run.register(number)
    for name, one, other, role in done:
        await getattr(run, name)(one, other, role)

    for role in (CLERK, OFFICER):
        await Look(run, role).all()
    every = run.model.people
    assert len({person.fixed["mrn"] for person in every}) == len(every)
    told_of = [each for each in await events() if each[0] in {person.id for person in every}]
    assert sorted(told_of) == sorted(
        (person.id, number, f"openward.patients.patient.{version.event}.v1")
        for person in every
        for number, version in enumerate(person.versions, 1)
    )


async def test_a_list_holds_everybody_who_was_there_once_whoever_comes_meanwhile(
    registry: Any, people: Any, models: Any
) -> None:
    run = Run(registry, people, models())
    for _ in range(15):
        await run.register(0)
    there = [person.id for person in run.model.people]
    since = run.model.people[0].fixed["created_at"].isoformat()

    async def come() -> None:
        for _ in range(15):
            await run.register(0)

    async def look() -> list[str]:
        return [each async for each in listed(run, CLERK, {"registered_since": since})]

    *_, first, second = await asyncio.gather(come(), come(), look(), look())

    for ids in (first, second):
        assert ids[: len(there)] == there
        assert len(ids) == len(set(ids))
