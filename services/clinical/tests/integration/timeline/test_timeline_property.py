"""Whatever valid composition is written is in the timeline with the values that were sent, when it was so."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import pytest
from openward_cli.demo import laboratory, medication, problem_list, vital_signs
from openward_openehr import web_template
from openward_openehr.examples import Detail, Format, example
from openward_openehr.opt import read as read_opt
from openward_testkit import corpus

DEMO: Final = {kind.TEMPLATE_ID: kind.opt for kind in (laboratory, medication, problem_list, vital_signs)}
#: EHRbase has no such data type.
NOT_STORED: Final = {"unsupported_data_type_dv_scale"}
STORIES: Final = 12
STEPS: Final = 6
_DELETED: Final = 0.25
_LOOKED_AT: Final = 0.3

Fact = tuple[str, str, Any]
Told = tuple[Counter[datetime | None], Counter[Fact]]
"""Of a composition: when its entries were (None: when they were committed), and what their elements say"""


@cache
def documents() -> list[bytes]:
    return [opt() for opt in DEMO.values()] * 4 + [
        opt.read() for opt in corpus.opts() if opt.name not in NOT_STORED
    ]


@dataclass(frozen=True)
class Kind:
    """A template of which a patient has one composition."""

    opt: bytes
    template: Any
    full: Any

    @classmethod
    def of(cls, opt: bytes) -> "Kind":
        document = read_opt(opt)
        return cls(opt, web_template.compile(document), web_template.compile_full(document))

    def made(self, seed: int, form: Format) -> dict[str, Any]:
        detail = Detail.FULL if seed % 3 else Detail.MINIMAL
        return example(self.template, form, detail, seed, full=self.full)


@dataclass
class Story:
    """Of a patient: what is there by version uid, what was at each moment, the latest of each kind."""

    reading: Any
    patient_id: str
    kinds: list[Kind]
    dice: random.Random
    now: dict[str, dict[str, Any]] = field(default_factory=dict)
    moments: list[tuple[datetime, dict[str, dict[str, Any]]]] = field(default_factory=list)
    latest: dict[int, str] = field(default_factory=dict)

    async def tell(self) -> dict[str, Told]:
        """As it is, by pages of whatever size."""
        limit = self.dice.choice([7, 50, 200])
        return told(await self.reading.all(self.patient_id, limit=limit))

    async def go_on(self, which: int) -> None:
        """Writes, corrects or deletes the composition of this kind, in any format; deleted is deleted."""
        uid = self.latest.get(which)
        if uid is None or uid in self.now:
            deleting = uid is not None and self.dice.random() < _DELETED
            await (self._delete(which) if deleting else self._write(which))
        self.moments.append((datetime.now(UTC), dict(self.now)))

    async def _write(self, which: int) -> None:
        kind, form, seed = self.kinds[which], self.dice.choice(list(Format)), self.dice.randrange(1000)
        document = kind.template.template_id, kind.made(seed, form), form
        if preceding := self.latest.get(which):
            self.latest[which] = await self.reading.replace(self.patient_id, preceding, *document)
            del self.now[preceding]
        else:
            self.latest[which] = await self.reading.store(self.patient_id, *document)
        self.now[self.latest[which]] = kind.made(seed, Format.CANONICAL)

    async def _delete(self, which: int) -> None:
        await self.reading.delete(self.patient_id, self.latest[which])
        del self.now[self.latest[which]]


@pytest.mark.parametrize("seed", range(STORIES))
async def test_timelines_tell_what_was_sent_now_and_at_each_moment_before(reading: Any, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  which compositions are tried, nothing else
    patient_id, _ = await reading.clinic.patient()
    story = Story(reading, patient_id, [Kind.of(opt) for opt in dice.sample(documents(), 2)], dice)
    for kind in story.kinds:
        await reading.upload(kind.opt)
    for step in range(STEPS):
        await story.go_on(step if step < len(story.kinds) else dice.randrange(len(story.kinds)))
        if dice.random() < _LOOKED_AT:  # what is kept is brought up to date in the middle, or in one go
            assert await story.tell() == sent(story.now)
    assert await story.tell() == sent(story.now)
    for moment, known in story.moments:
        then = await reading.all(patient_id, limit=200, as_of=moment.isoformat())
        assert told(then) == sent(known)


def told(items: list[dict[str, Any]]) -> dict[str, Told]:
    """By version uid."""
    found: dict[str, Told] = {}
    for item in items:
        times, facts = found.setdefault(item["version_uid"], (Counter(), Counter()))
        at = datetime.fromisoformat(item["at"])
        times[None if at == datetime.fromisoformat(item["committed_at"]) else at] += 1
        facts.update(fact(value) for value in item["values"] if value["node"].endswith("/value"))
    return found


def fact(value: dict[str, Any]) -> Fact:
    node = value["node"].removesuffix("/value").rpartition("[")[2].rstrip("]")
    return node, value["rm_type"].partition("<")[0], _datum(value)


def _datum(value: dict[str, Any]) -> Any:
    match value["rm_type"]:
        case "DV_QUANTITY":
            return value["magnitude"], value["units"]
        case "DV_COUNT" | "DV_ORDINAL":
            return value["magnitude"]
        case "DV_CODED_TEXT":
            return value["codes"][0]["terminology"], value["codes"][0]["code"]
        case "DV_TEXT":
            return value.get("recorded_text", value["text"])
        case "ELEMENT":
            return value["null_flavour"]["code"]
    return None


def sent(now: dict[str, dict[str, Any]]) -> dict[str, Told]:
    """The same of compositions as they were sent, read without the library; some hold no entry."""
    found = {
        uid: (Counter(_times(composition)), Counter(map(_sent_fact, _objects(composition, {"ELEMENT"}))))
        for uid, composition in now.items()
    }
    return {uid: each for uid, each in found.items() if each[0]}


ENTRIES: Final = {"OBSERVATION", "EVALUATION", "INSTRUCTION", "ACTION", "ADMIN_ENTRY", "GENERIC_ENTRY"}


def _objects(tree: Any, kinds: set[str]) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict) and tree.get("_type") in kinds:
        yield tree
    elif isinstance(tree, dict | list):
        for each in tree.values() if isinstance(tree, dict) else tree:
            yield from _objects(each, kinds)


def _times(composition: dict[str, Any]) -> Iterator[datetime | None]:
    context = composition.get("context", {})
    began = _instant(context.get("start_time"))
    if "other_context" in context:
        yield began
    for entry in _objects(composition.get("content", []), ENTRIES):
        times = [_instant(each["time"]) for each in _objects(entry, {"POINT_EVENT", "INTERVAL_EVENT"})]
        own = _instant(entry.get("time")) if entry["_type"] == "ACTION" else None
        origin = _instant(entry["data"]["origin"]) if entry["_type"] == "OBSERVATION" else None
        yield own or max((each for each in times if each), default=None) or origin or began


def _instant(value: Any) -> datetime | None:
    return datetime.fromisoformat(value["value"]) if value else None


def _sent_fact(element: dict[str, Any]) -> Fact:
    node, value = element["archetype_node_id"], element.get("value")
    if value is None:
        return node, "ELEMENT", element["null_flavour"]["defining_code"]["code_string"]
    return node, value["_type"], _sent_datum(value)


def _sent_datum(value: dict[str, Any]) -> Any:
    match value["_type"]:
        case "DV_QUANTITY":
            return value["magnitude"], value["units"]
        case "DV_COUNT":
            return value["magnitude"]
        case "DV_CODED_TEXT":
            code = value["defining_code"]
            return code["terminology_id"]["value"].partition("(")[0], code["code_string"]
        case "DV_TEXT" | "DV_ORDINAL":
            return value["value"]
    return None
