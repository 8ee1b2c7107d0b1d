"""A refusal is EHRbase's; why, is told by the validator, or in EHRbase's words without values."""

import asyncio
import json
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from clinical.adapters.rejections import rejection
from clinical.domain.composition import Draft, Format, read_draft
from clinical.domain.errors import (
    CdrError,
    CompositionNotValidated,
    CompositionRejected,
    CompositionTooLarge,
    TemplateUnknown,
    ValidatorBusy,
    ValidatorFailed,
)
from clinical.domain.refusals import refusal
from clinical.domain.templates import KnownTemplate
from clinical.service import validating
from clinical.service.explaining import LARGEST, Explainer
from openward_cli.demo import vital_signs
from openward_contracts.identifiers import TemplateId
from openward_servicekit.errors import Failure, Invalid, Unavailable

VITALS = TemplateId(vital_signs.TEMPLATE_ID)
KNOWN = KnownTemplate.of(VITALS, vital_signs.opt())
VALID = vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada")
SYSTOLIC = "vital_signs/blood_pressure/any_event:0/systolic|magnitude"
SAID = "/content[openEHR-EHR-OBSERVATION.pulse.v2]: something new about SECRET"


class Held:
    """The Templates port: vital signs and nothing else, or nothing at all."""

    def __init__(self, *, away: bool = False) -> None:
        self._away = away

    async def get(self, template_id: TemplateId) -> KnownTemplate | None:
        if self._away:
            raise Unavailable
        return KNOWN if template_id == VITALS else None


def draft(changes: dict[str, Any] | None = None, template: TemplateId = VITALS) -> Draft:
    return read_draft(json.dumps(VALID | (changes or {})).encode(), Format.FLAT, template)


def refused(message: str, status: int = 422) -> CompositionRejected:
    rejected = rejection(message)
    rejected.__cause__ = refusal(status, message)
    return rejected


async def explained(draft: Draft, failure: CompositionRejected | CdrError, **held: bool) -> Failure:
    return await Explainer(Held(**held)).explained(draft, failure)


def told(failure: Failure) -> list[tuple[str, str]]:
    return [(each["code"], each["path"]) for each in failure.extensions["problems"]]


async def test_the_validator_tells_everything_where_ehrbase_tells_one_thing() -> None:
    broken = {SYSTOLIC: 4711, "vital_signs/pulse/any_event:0/rate|unit": "rpm"}

    failure = await explained(draft(broken), refused("Could not consume Parts [vital_signs/x]", 400))

    assert told(failure) == [
        ("out-of-range", SYSTOLIC),
        ("unknown-unit", "vital_signs/pulse/any_event:0/rate|unit"),
    ]
    assert [(each.code, each.path) for each in failure.errors] == told(failure)


async def test_what_ehrbase_alone_refuses_is_told_by_its_words_without_their_values() -> None:
    failure = await explained(draft(), refused(SAID))

    assert told(failure) == [("refused", "vital_signs/pulse")]
    assert "SECRET" not in str(failure.extensions) + str(failure.errors) + str(failure)


async def test_clients_of_openehr_are_told_the_same_beside_ehrbases_message() -> None:
    failure = await explained(draft(), refused(SAID))

    theirs = failure.__cause__
    assert isinstance(theirs, Failure)
    assert theirs.extensions == {"message": SAID, **failure.extensions}
    assert theirs.errors == failure.errors


@pytest.mark.parametrize("held", [{"away": True}, {}])
async def test_a_refusal_is_told_whatever_keeps_it_from_being_explained(held: dict[str, bool]) -> None:
    other = draft(template=VITALS if held else TemplateId("other"))

    failure = await explained(other, refused(SAID), **held)

    assert [each["aql_path"] for each in failure.extensions["problems"]] == [SAID.partition(":")[0]]


async def test_where_ehrbase_stumbles_over_what_is_wrong_it_is_a_refusal() -> None:
    failure = await explained(draft({"ctx/language": "xx"}), CdrError(500))

    assert isinstance(failure, CompositionRejected)
    assert told(failure) == [("unknown-code", "ctx/language")]


@pytest.mark.parametrize(("changes", "status"), [({}, 500), ({SYSTOLIC: 4711}, 502), ({SYSTOLIC: 4711}, 401)])
async def test_a_failure_of_ehrbase_stays_one(changes: dict[str, Any], status: int) -> None:
    failure = CdrError(status)

    assert await explained(draft(changes), failure) is failure


async def test_nothing_is_refused_that_ehrbase_has_not_refused() -> None:
    assert await Explainer(Held()).broken(draft({SYSTOLIC: 4711})) is None


async def test_what_is_no_flat_at_all_is_told_before_ehrbase_is_asked() -> None:
    failure = await Explainer(Held()).broken(draft({SYSTOLIC: {"value": 1}}))

    assert failure is not None
    assert told(failure) == [("wrong-type", SYSTOLIC)]


async def test_a_report_says_what_a_refusal_would() -> None:
    report = await Explainer(Held()).report(draft({SYSTOLIC: 4711}))

    assert (report.valid, [(each.code, each.path) for each in report.problems]) == (
        False,
        [("out-of-range", SYSTOLIC)],
    )
    assert (await Explainer(Held()).report(draft())).valid


async def test_what_cannot_be_looked_into_is_no_report() -> None:
    source = b"<composition/>"
    with pytest.raises(CompositionNotValidated):
        await Explainer(Held()).report(Draft(source, None, Format.XML, VITALS))
    with pytest.raises(CompositionTooLarge):
        await Explainer(Held()).report(Draft(b" " * (LARGEST + 1), {}, Format.FLAT, VITALS))
    with pytest.raises(TemplateUnknown):
        await Explainer(Held()).report(draft(template=TemplateId("other")))


class Broken:
    """A validator with a fault."""

    def __call__(self, *_: object) -> list[Any]:
        raise KeyError("SECRET")


class Slow:
    """A validator that is at work until it is let go."""

    def __init__(self) -> None:
        self.let = threading.Event()

    def __call__(self, *_: object) -> list[Any]:
        assert self.let.wait(20)
        return []


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    at_work = Slow()
    monkeypatch.setattr(validating, "validate", at_work)
    yield at_work
    at_work.let.set()


async def test_a_validator_that_fails_says_of_no_composition_that_it_is_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(validating, "validate", Broken())
    explainer = Explainer(Held())

    with pytest.raises(ValidatorFailed) as failed:
        await explainer.report(draft())

    assert "SECRET" not in str(failed.value)
    assert told(await explainer.explained(draft(), refused(SAID))) == [("refused", "vital_signs/pulse")]


async def test_nobody_waits_for_ever(slow: Slow) -> None:
    explainer = Explainer(Held(), patience=(0.02, 0.02))

    with pytest.raises(ValidatorBusy):
        await explainer.report(draft())
    assert told(await explainer.explained(draft(), refused(SAID))) == [("refused", "vital_signs/pulse")]

    slow.let.set()
    assert (await Explainer(Held()).report(draft())).valid


async def test_the_large_do_not_keep_the_small_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    large, let = Draft(b" " * 1_000_000 + b"{}", {}, Format.FLAT, VITALS), threading.Event()

    def validate(_: object, content: Any, __: object) -> list[Any]:
        return [] if content else [] if let.wait(20) else [None]

    monkeypatch.setattr(validating, "validate", validate)
    explainer = Explainer(Held())
    waiting = asyncio.create_task(explainer.report(large))
    await asyncio.sleep(0.01)

    assert (await explainer.report(draft())).valid
    assert not waiting.done()
    let.set()
    assert (await waiting).valid


@pytest.mark.parametrize(("size", "most"), [(10_000, 200), (1_000_000, 8)])
async def test_a_row_that_is_too_long_is_not_joined(slow: Slow, size: int, most: int) -> None:
    explainer, one = Explainer(Held()), Draft(b"{}".ljust(size), {}, Format.FLAT, VITALS)
    row = [asyncio.create_task(explainer.report(one)) for _ in range(1 + most)]
    await asyncio.sleep(0.01)

    with pytest.raises(ValidatorBusy):
        await explainer.report(one)

    slow.let.set()
    assert all(report.valid for report in await asyncio.gather(*row))


def contribution(count: int, wrong: int) -> bytes:
    data = {"_type": "COMPOSITION"} | {f"unknown_{number}": 1 for number in range(wrong)}
    return json.dumps({"versions": [{"data": data}] * count}).encode()


async def test_of_a_contribution_a_thousand_problems_are_told() -> None:
    failure = Invalid()

    await Explainer(Held()).explain_contribution(contribution(50, 100), [VITALS] * 50, failure)

    assert len(failure.errors) == len(failure.extensions["problems"]) == 1000
    assert {each["path"].split("/")[2] for each in failure.extensions["problems"]} < {
        str(n) for n in range(20)
    }


async def test_a_contribution_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def loads(body: bytes) -> Any:
        read.append(body)
        return json.loads(body)

    monkeypatch.setattr(validating, "json", SimpleNamespace(loads=loads))
    failure, unknown = Invalid(), TemplateId("other")

    await Explainer(Held()).explain_contribution(contribution(3, 1), [VITALS, unknown, VITALS], failure)

    assert len(read) == 1
    assert {each["path"].split("/")[2] for each in failure.extensions["problems"]} == {"0", "2"}
