"""Which pages of a timeline there are, for whom, and what is done before one is shown."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

from clinical.domain.cursors import Place
from clinical.domain.record import LinkedEhr, PatientRecord
from clinical.domain.timeline import Reach, Row, Sought
from clinical.service.labelling import Labelling
from clinical.service.timeline import Page, TimelineService
from openward_contracts.identifiers import EhrId, PatientId, TemplateId
from openward_openehr.recorded.model import Entry
from openward_servicekit.auth import Authorizer, Principal, Role
from openward_servicekit.auth.scopes import parse_scopes
from openward_servicekit.errors import Unavailable

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
VITALS, LABS = TemplateId("vitals"), TemplateId("labs")
MINE, LINKED = EhrId(uuid4()), EhrId(uuid4())
ALEX, ALEC = PatientId(uuid4()), PatientId(uuid4())
RECORD = PatientRecord(ALEX, (LinkedEhr(ALEX, MINE, ready=True), LinkedEhr(ALEC, LINKED, ready=True)))


@dataclass
class Kept:
    """Entries in a list, as far as they were brought up to date; all other ports, too."""

    rows: list[Row]
    unreadable: Mapping[TemplateId | None, int] = field(default_factory=dict)
    brought: list[EhrId] = field(default_factory=list)
    shown: list[tuple[EhrId, str, int]] = field(default_factory=list)

    async def up_to_date(self, ehr_ids: Collection[EhrId]) -> None:
        self.brought.extend(ehr_ids)

    async def templates(self, ehr_ids: Sequence[EhrId], _sought: Sought) -> Mapping[TemplateId | None, int]:
        assert set(ehr_ids) <= set(self.brought)
        return {row.template_id: 0 for row in self.rows} | dict(self.unreadable)

    async def page(self, reach: Reach, _sought: Sought, after: Place | None, limit: int) -> Sequence[Row]:
        found = [row for row in self.rows if row.template_id in reach.templates]
        start = next((n for n, row in enumerate(found, start=1) if row.place == after), 0)
        return found[start : start + limit]

    async def count(self, reach: Reach, _sought: Sought) -> int:
        return len(await self.page(reach, _sought, None, len(self.rows)))

    async def of(self, *_: Any) -> Mapping[Any, Any]:
        return {}

    async def get(self, _: TemplateId) -> None:
        raise Unavailable

    async def seen(self, _: Any, ehr: LinkedEhr, resource: str, count: int) -> None:
        self.shown.append((ehr.ehr_id, resource, count))


def row(number: int, template_id: TemplateId | None = VITALS) -> Row:
    entry = Entry(number, "OBSERVATION", "openEHR-EHR-OBSERVATION.pulse.v2", "Pulse", "/content", ())
    return Row(UUID(int=1), 1, MINE, template_id, None, None, None, None, NOON, NOON, None, entry)


def page(kept: Kept, scope: str, after: Place | None = None, limit: int = 50, **sought: Any) -> Page:
    async def denied(_: Any) -> None: ...

    anything = cast("Any", kept)
    service = TimelineService(
        anything,
        kept,
        Labelling(anything),
        anything,
        anything,
        anything,
        Authorizer(denied),
        "openward.local",
    )
    caller = Principal("ada", "web", frozenset({Role.CLINICIAN}), parse_scopes(scope))
    return asyncio.run(service.page(caller, RECORD, Sought(**sought), after, limit, counted=True))


def positions(found: Page) -> list[int]:
    return [item.row.entry.position for item in found.items]


def test_every_ehr_of_the_person_is_brought_up_to_date_first() -> None:
    kept = Kept([row(0)])
    page(kept, "user/composition-*.r")
    assert kept.brought == [MINE, LINKED]


def test_what_is_shown_is_on_record_with_its_number() -> None:
    kept = Kept([row(number) for number in range(5)])
    page(kept, "user/composition-*.r", limit=3)
    assert kept.shown == [(MINE, "timeline", 3)]


def test_pages_follow_each_other_to_the_last() -> None:
    kept = Kept([row(number) for number in range(5)])
    first = page(kept, "user/composition-*.r", limit=3)
    last = page(kept, "user/composition-*.r", after=first.next, limit=3)
    assert (positions(first), positions(last), last.next) == ([0, 1, 2], [3, 4], None)
    assert (first.total, last.total) == (5, 5)
    assert page(kept, "user/composition-*.r", limit=5).next is None


def test_templates_that_the_caller_may_not_read_are_left_out_of_all_of_it() -> None:
    kept = Kept([row(0), row(1, LABS), row(2, None)], {VITALS: 1, LABS: 2})
    found = page(kept, "user/composition-vitals.r")
    assert (positions(found), found.total, found.unreadable) == ([0], 1, 1)
    assert page(kept, "user/composition-*.r").unreadable == 3


def test_what_has_no_template_is_for_those_who_may_read_all() -> None:
    kept = Kept([row(0, None)])
    assert positions(page(kept, "user/composition-*.r")) == [0]
    assert positions(page(kept, "user/composition-vitals.r")) == []


def test_a_template_is_asked_for_by_its_name() -> None:
    kept = Kept([row(0), row(1, LABS)])
    assert positions(page(kept, "user/composition-*.r", template_ids=(LABS,))) == [1]
    assert positions(page(kept, "user/composition-vitals.r", template_ids=(LABS,))) == []


def test_without_templates_entries_are_shown_all_the_same() -> None:
    assert page(Kept([row(0)]), "user/composition-*.r").labels == {}
