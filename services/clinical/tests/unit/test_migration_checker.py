"""A migration check goes on until it is done, gives up on an EHRbase that keeps failing, tells no value."""

import gzip
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from clinical.adapters.ehrbase_stored import EhrbaseStored
from clinical.domain.errors import CdrError
from clinical.domain.migration_check import (
    CheckState,
    Finding,
    MigrationCheck,
    Step,
    StoredComposition,
)
from clinical.domain.template_fit import NOT_READABLE, NOT_VALIDATED, TemplateFit, WebTemplateUnreadable
from clinical.service.migration_checks import MigrationChecker, Pace
from openward_cli.demo import vital_signs
from openward_contracts.identifiers import TemplateId, VersionUid
from openward_openehr import web_template
from openward_openehr.web_template import document
from openward_servicekit.errors import Failure, Unavailable
from openward_servicekit.http import make_client


def packed(template: Any = None) -> bytes:
    written = template or document.write(web_template.compile_full(vital_signs.opt()))
    # No time in it: what a parameter is called must be the same in every process that collects.
    return gzip.compress(json.dumps(written).encode(), mtime=0)


def uid(number: int) -> VersionUid:
    return VersionUid.of(UUID(int=number), "openward.local", 1)


def running(template: bytes | None = None) -> MigrationCheck:
    sent = packed() if template is None else template
    asked = TemplateId("vitals.v1"), "2.0.0", "ab" * 32, sent
    return MigrationCheck(uuid4(), *asked, "author-1", "req-1", datetime.now(UTC))


@dataclass
class MemoryChecks:
    """The MigrationChecks port, of one process."""

    check: MigrationCheck
    told: int = 0
    found: list[Finding] = field(default_factory=list)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[bool]:
        yield True

    async def accept(self, check: MigrationCheck) -> None:
        self.check = check

    async def next(self) -> MigrationCheck | None:
        return self.check if self.check.state is CheckState.RUNNING else None

    async def begin(self, check: MigrationCheck, total: int) -> MigrationCheck:
        self.told += 1
        self.check = replace(check, total=total)
        return self.check

    async def advance(self, check: MigrationCheck, step: Step, *, tell: bool) -> MigrationCheck:
        self.told += tell
        self.found += step.findings
        self.check = replace(
            check,
            after=step.examined[-1],
            examined=check.examined + len(step.examined),
            failing=check.failing + step.failing,
        )
        return self.check

    async def end(self, check: MigrationCheck, reason: str | None = None) -> None:
        state = CheckState.FAILED if reason else CheckState.FINISHED
        self.check = replace(check, state=state, reason=reason)

    async def of_id(self, check_id: UUID) -> MigrationCheck | None:
        return self.check if self.check.check_id == check_id else None

    async def findings(self, check_id: UUID, after: VersionUid | None, limit: int) -> Sequence[Finding]:
        del check_id, after
        return self.found[:limit]


@dataclass
class Stored:
    """So many compositions that fit nothing; `failures` are raised first, one for each page asked for."""

    count_: int = 0
    failures: list[Failure] = field(default_factory=list)

    async def count(self, template_id: TemplateId) -> int:
        del template_id
        return self.count_

    async def page(
        self, template_id: TemplateId, after: VersionUid | None, limit: int
    ) -> Sequence[StoredComposition]:
        del template_id
        if self.failures:
            raise self.failures.pop(0)
        first = after.object_id.int + 1 if after else 1
        numbers = range(first, min(first + limit, self.count_ + 1))
        return [StoredComposition(uid(number), {"_type": "COMPOSITION"}) for number in numbers]


def checker(checks: MemoryChecks, stored: Stored) -> MigrationChecker:
    return MigrationChecker(checks, stored, Pace(page=4, rest=0, tell_every=0))


async def test_a_check_ends_after_the_last_page() -> None:
    checks = MemoryChecks(running())
    assert await checker(checks, Stored(10)).work()
    assert (checks.check.examined, checks.check.failing, checks.check.state) == (10, 10, "finished")
    assert checks.told == 1 + 3  # at its start and after each page
    assert not await checker(checks, Stored(10)).work()


async def test_while_ehrbase_is_away_a_check_stays_where_it_is() -> None:
    checks, stored = MemoryChecks(running()), Stored(10, [Unavailable("away", retry_after=1)] * 20)
    service = checker(checks, stored)
    for _ in range(20):
        with pytest.raises(Unavailable):
            await service.work()
    assert checks.check.state is CheckState.RUNNING
    assert await service.work()
    assert checks.check.examined == 10


async def test_a_check_that_ehrbase_keeps_failing_is_given_up() -> None:
    checks, stored = MemoryChecks(running()), Stored(10, [CdrError(500) for _ in range(5)])
    service = checker(checks, stored)
    for _ in range(5):
        with pytest.raises(CdrError):
            await service.work()
    assert (checks.check.state, checks.check.reason) == ("failed", "cdr-error")


async def test_a_web_template_that_cannot_be_read_ends_the_check() -> None:
    checks = MemoryChecks(running(b"no gzip"))
    assert await checker(checks, Stored(10)).work()
    assert checks.check.reason == WebTemplateUnreadable.slug


@pytest.mark.parametrize(
    "sent", [b"", b"\x1f\x8b\x08", gzip.compress(b"{", mtime=0), packed({"tree": 1}), packed([1])]
)
def test_what_is_no_web_template_is_unreadable(sent: bytes) -> None:
    with pytest.raises(WebTemplateUnreadable):
        TemplateFit.of(sent)


def test_what_ehrbase_cannot_give_out_is_told_as_such() -> None:
    found = TemplateFit.of(packed()).findings(StoredComposition(uid(1), None))
    assert found == (Finding(uid(1), NOT_READABLE, ""),)


async def test_a_composition_that_ehrbase_cannot_give_out_does_not_hide_the_others() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        query, parameters = asked["q"], asked["query_parameters"]
        if "uid/value, c " in query or parameters.get("uid") == str(uid(2)):
            return httpx.Response(500)
        rows = [[{"name": "stored"}]] if "uid" in parameters else [[str(uid(1))], [str(uid(2))]]
        return httpx.Response(200, json={"rows": rows})

    async with make_client("http://ehrbase", transport=httpx.MockTransport(answer)) as client:
        page = await EhrbaseStored(client).page(TemplateId("vitals.v1"), None, 2)
    assert [(each.version_uid, each.content) for each in page] == [
        (uid(1), {"name": "stored"}),
        (uid(2), None),
    ]


def test_findings_name_a_rule_and_a_path_and_no_value() -> None:
    fit = TemplateFit.of(packed())
    content = {"_type": "COMPOSITION", "name": {"_type": "DV_TEXT", "value": "Ada Lovelace"}, "xyzzy": 1}
    found = fit.findings(StoredComposition(uid(1), content))
    assert {finding.version_uid for finding in found} == {uid(1)}
    assert len(found) == len({(finding.rule, finding.path) for finding in found}) > 0
    assert not [finding for finding in found if "Ada" in finding.path or finding.rule == NOT_VALIDATED]
