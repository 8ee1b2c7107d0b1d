"""Which stored compositions would fail under a new version, asked by event: counted, told, read."""

import asyncio
import base64
import copy
import gzip
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from clinical.adapters.ehrbase_stored import EhrbaseStored
from clinical.adapters.postgres_migration_checks import PostgresMigrationChecks
from clinical.domain.migration_check import MigrationCheck, MigrationCheckTaken, StoredComposition
from clinical.service.migration_checks import MigrationChecker, Pace
from clinical.settings import Settings
from openward_cli.demo import vital_signs
from openward_contracts.actor import Actor
from openward_contracts.event import Event
from openward_contracts.identifiers import TemplateId, VersionUid
from openward_contracts.migration_checks import (
    MigrationCheckFinished,
    MigrationCheckProgressed,
    MigrationCheckRequested,
)
from openward_openehr import web_template
from openward_openehr.web_template import document
from openward_servicekit.http import AsyncClient, BasicAuth, make_client
from openward_servicekit.ports import free_port
from openward_testkit.events import EventCatcher, publish
from openward_testkit.nats import NatsServer
from pydantic import SecretStr

STORED: Final = 30
FAILING: Final = 12
HIGHEST: Final = 130
SYSTOLIC: Final = "[at0004]"
DIASTOLIC: Final = "items[at0005]"
SCOPE: Final = "user/template-*.cr"


@dataclass(frozen=True)
class Ward:
    """A template of its own, of which EHRbase holds thirty compositions: twelve have too high a pressure."""

    template_id: str
    web_template: Mapping[str, Any]
    high: frozenset[str]

    def payload(
        self, check_id: UUID, web_template: Mapping[str, Any] | None = None
    ) -> MigrationCheckRequested:
        packed = gzip.compress(json.dumps(web_template or self.web_template).encode())
        return MigrationCheckRequested(
            check_id=check_id,
            template_id=TemplateId(self.template_id),
            semantic_version="2.0.0",
            sha256="ab" * 32,
            web_template=base64.b64encode(packed).decode(),
        )

    def check(self) -> MigrationCheck:
        packed = gzip.compress(json.dumps(self.web_template).encode())
        asked = TemplateId(self.template_id), "2.0.0", "ab" * 32, packed
        return MigrationCheck(uuid4(), *asked, "author-1", "req-1", datetime.now(UTC))


def narrowed(opt: bytes) -> dict[str, Any]:
    """The web template of a version that takes no pressure above HIGHEST."""
    written = document.write(web_template.compile_full(opt))

    def narrow(node: dict[str, Any]) -> None:
        place = node.get("aqlPath", "")
        if node.get("inputs") and SYSTOLIC in place and "blood_pressure" in place:
            for choice in node["inputs"][1]["list"]:
                choice["validation"]["range"]["max"] = HIGHEST
        for child in node.get("children", ()):
            narrow(child)

    narrow(written["tree"])
    return written


@pytest.fixture(scope="module")
async def ehrbase(settings: Settings) -> AsyncIterator[AsyncClient]:
    login = BasicAuth(settings.ehrbase_user, settings.ehrbase_password.get_secret_value())
    async with make_client(settings.ehrbase_url, auth=login) as client:
        yield client


@pytest.fixture(scope="module")
async def ward(ehrbase: AsyncClient) -> Ward:
    template_id = f"migration_{uuid4().hex[:12]}.v1"
    opt = vital_signs.opt().replace(vital_signs.TEMPLATE_ID.encode(), template_id.encode())
    base, form = "rest/openehr/v1", {"templateId": template_id, "format": "FLAT"}
    uploaded = await ehrbase.post(
        f"{base}/definition/template/adl1.4", content=opt, headers={"Content-Type": "application/xml"}
    )
    assert uploaded.status_code == 201, uploaded.text
    made = await ehrbase.post(f"{base}/ehr")
    ehr_id = made.headers["etag"].strip('W/"')
    high: set[str] = set()
    for number in range(STORED):
        too_high = number < FAILING
        flat = vital_signs.flat(150 if too_high else 120, 80, "2026-11-22T10:00:00Z", composer="Ada")
        stored = await ehrbase.post(f"{base}/ehr/{ehr_id}/composition", params=form, json=flat)
        assert stored.status_code in (201, 204), stored.text
        if too_high:
            high.add(stored.headers["etag"].strip('W/"'))
    return Ward(template_id, narrowed(opt), frozenset(high))


async def tell(nats: NatsServer, payload: MigrationCheckRequested) -> None:
    event = Event.of(
        payload,
        source="/openward/templates",
        aggregate_id=payload.check_id,
        aggregate_version=1,
        actor=Actor("author-1", "web", ("template-author",)),
        at=datetime.now(UTC),
        correlation_id="req-1",
    )
    async with await nats.connect() as connection:
        await publish(connection, event)


@asynccontextmanager
async def watching(nats: NatsServer) -> AsyncIterator[EventCatcher]:
    async with (
        await nats.connect("monitor") as connection,
        EventCatcher(connection, "CLINICAL").watching() as catcher,
    ):
        yield catcher


async def test_a_check_examines_every_composition_and_tells_how_many_would_fail(
    clinic: Any, ward: Ward
) -> None:
    check_id = uuid4()
    async with watching(clinic.nats) as catcher:
        await tell(clinic.nats, ward.payload(check_id))
        begun = await catcher.wait_for(MigrationCheckProgressed, lambda e: e.data.check_id == check_id)
        ended = await catcher.wait_for(
            MigrationCheckFinished, lambda e: e.data.check_id == check_id, timeout=60
        )
    assert (begun.data.examined, begun.data.total) == (0, STORED)
    told = ended.data
    assert (told.examined, told.failing, told.total, told.reason) == (STORED, FAILING, STORED, None)
    (problem,) = told.problems
    assert problem.startswith("out-of-range /content[openEHR-EHR-OBSERVATION.blood_pressure.v2]")
    assert told.problems[problem] == FAILING
    assert ended.envelope.authid == "service:clinical"


async def test_what_a_version_has_no_place_for_any_more_would_fail(clinic: Any, ward: Ward) -> None:
    check_id = uuid4()
    shrunk = copy.deepcopy(dict(ward.web_template))
    without(shrunk["tree"], DIASTOLIC)
    async with watching(clinic.nats) as catcher:
        await tell(clinic.nats, ward.payload(check_id, shrunk))
        ended = await catcher.wait_for(
            MigrationCheckFinished, lambda e: e.data.check_id == check_id, timeout=60
        )
    assert ended.data.failing == STORED
    assert STORED in [n for what, n in ended.data.problems.items() if what.startswith("not-in-template ")]


def without(node: dict[str, Any], step: str) -> None:
    """Without what is at this step, and beneath."""
    children = [child for child in node.get("children", ()) if not child["aqlPath"].endswith(step)]
    node["children"] = children
    for child in children:
        without(child, step)


async def test_findings_are_read_page_by_page_and_hold_uids_rules_and_paths_only(
    clinic: Any, ward: Ward
) -> None:
    check_id = uuid4()
    async with watching(clinic.nats) as catcher:
        await tell(clinic.nats, ward.payload(check_id))
        await catcher.wait_for(MigrationCheckFinished, lambda e: e.data.check_id == check_id, timeout=60)
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = (await findings(clinic, check_id, limit="5", **after)).json()
        found += page["versions"]
        if "next_after" not in page:
            break
        after = {"after": page["next_after"]}
    assert {each["version_uid"] for each in found} == ward.high
    assert len(found) == FAILING
    assert {frozenset(problem) for each in found for problem in each["problems"]} == {
        frozenset({"rule", "path"})
    }


async def findings(
    clinic: Any, check_id: UUID, role: str = "template-author", **query: str
) -> httpx.Response:
    answer: httpx.Response = await clinic.client.get(
        f"/api/clinical/v1/migration-checks/{check_id}/findings",
        params=query,
        headers=clinic.headers(role, query.pop("scope", SCOPE)),
    )
    return answer


async def test_only_authors_of_templates_read_findings(clinic: Any) -> None:
    assert (await findings(clinic, uuid4(), role="clinician")).status_code == 403
    assert (await findings(clinic, uuid4(), scope="user/Patient.r")).status_code == 403
    assert (await findings(clinic, uuid4())).status_code == 404


async def test_a_request_that_comes_again_makes_no_second_check(clinic: Any, ward: Ward) -> None:
    check_id = uuid4()
    async with watching(clinic.nats) as catcher:
        for _ in range(2):
            await tell(clinic.nats, ward.payload(check_id))
        await tell(clinic.nats, ward.payload(second := uuid4()))
        await catcher.wait_for(MigrationCheckFinished, lambda e: e.data.check_id == check_id, timeout=60)
        await catcher.wait_for(MigrationCheckFinished, lambda e: e.data.check_id == second, timeout=60)
        ends = [e.data for e in catcher.events if isinstance(e.data, MigrationCheckFinished)]
    assert [data.check_id for data in ends] == [check_id, second]


async def test_of_a_template_without_compositions_nothing_would_fail(clinic: Any, ward: Ward) -> None:
    check_id = uuid4()
    payload = ward.payload(check_id).model_copy(update={"template_id": TemplateId("nobody_knows.v1")})
    async with watching(clinic.nats) as catcher:
        await tell(clinic.nats, payload)
        ended = await catcher.wait_for(
            MigrationCheckFinished, lambda e: e.data.check_id == check_id, timeout=60
        )
    assert (ended.data.examined, ended.data.total, ended.data.problems) == (0, 0, {})


async def test_a_web_template_that_cannot_be_read_ends_the_check_with_a_reason(
    clinic: Any, ward: Ward
) -> None:
    check_id = uuid4()
    async with watching(clinic.nats) as catcher:
        await tell(clinic.nats, ward.payload(check_id, {"tree": "none"}))
        ended = await catcher.wait_for(
            MigrationCheckFinished, lambda e: e.data.check_id == check_id, timeout=60
        )
    assert ended.data.reason == "web-template-unreadable"


@dataclass
class Seen:
    """EHRbase's compositions, and after which each page was asked for; `failing` once after so many pages."""

    stored: EhrbaseStored
    asked: list[VersionUid | None]
    dies_after: int = 1000

    async def count(self, template_id: TemplateId) -> int:
        return await self.stored.count(template_id)

    async def page(
        self, template_id: TemplateId, after: VersionUid | None, limit: int
    ) -> list[StoredComposition]:
        if len(self.asked) == self.dies_after:
            raise asyncio.CancelledError
        self.asked.append(after)
        return list(await self.stored.page(template_id, after, limit))


@pytest.fixture
async def alone(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """The database, with no service that would take a check away."""
    async with asyncpg.create_pool(
        settings.database_url, password=settings.database_password.get_secret_value(), min_size=1, max_size=4
    ) as pool:
        yield pool


async def test_who_goes_on_begins_where_it_was_left_and_counts_nothing_twice(
    alone: asyncpg.Pool, ehrbase: AsyncClient, ward: Ward
) -> None:
    checks, check = PostgresMigrationChecks(alone), ward.check()
    first = Seen(EhrbaseStored(ehrbase), [], dies_after=3)
    dying = MigrationChecker(checks, first, Pace(page=4, rest=0))
    async with _nobody_else(checks):
        await checks.accept(check)
        with pytest.raises(asyncio.CancelledError):
            await dying._carry_out(check)
        left = await checks.of_id(check.check_id)
        assert left is not None
        assert (left.examined, left.after is not None) == (12, True)
        second = Seen(EhrbaseStored(ehrbase), [])
        await MigrationChecker(checks, second, Pace(page=4, rest=0))._carry_out(left)
    ended = await checks.of_id(check.check_id)
    assert ended is not None
    assert second.asked[0] == left.after
    assert (ended.examined, ended.failing, ended.state, ended.web_template) == (
        STORED,
        FAILING,
        "finished",
        b"",
    )
    found = await checks.findings(check.check_id, None, 1000)
    assert {finding.version_uid for finding in found} == ward.high


async def test_of_two_who_work_on_one_check_the_slower_is_refused(alone: asyncpg.Pool, ward: Ward) -> None:
    checks, check = PostgresMigrationChecks(alone), ward.check()
    async with _nobody_else(checks):
        await checks.accept(check)
        begun = await checks.begin(check, STORED)
        with pytest.raises(MigrationCheckTaken):
            await checks.begin(check, STORED)
        await checks.end(begun, "abandoned")
        assert not await _mine(checks)


@asynccontextmanager
async def _nobody_else(checks: PostgresMigrationChecks) -> AsyncIterator[None]:
    """The service of this module lets go of its turn soon after each look."""
    async with asyncio.timeout(180):
        while True:
            async with checks.alone() as mine:
                if mine:
                    yield
                    return
            await asyncio.sleep(0.05)


async def _mine(checks: PostgresMigrationChecks) -> bool:
    async with checks.alone() as mine:
        return mine


@asynccontextmanager
async def process(settings: Settings, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as a process of its own; killed at the end."""
    told = dict(os.environ)
    for name, value in settings:
        if isinstance(value, SecretStr):
            (folder / name).write_text(value.get_secret_value())
            told[f"OPENWARD_{name.upper()}_FILE"] = str(folder / name)
        elif value is not None:
            told[f"OPENWARD_{name.upper()}"] = str(value)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "clinical", env=told, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGKILL)
        await child.wait()


async def test_a_check_survives_the_death_of_its_process(
    settings: Settings, alone: asyncpg.Pool, ward: Ward, tmp_path: Path
) -> None:
    checks, check = PostgresMigrationChecks(alone), ward.check()
    slow = {"port": free_port(), "migration_check_page": 1, "migration_check_rest": 4}
    async with process(settings.model_copy(update=slow), tmp_path) as child:
        await checks.accept(check)
        killed = await _examined(checks, check, 5)
        child.send_signal(signal.SIGKILL)
        await child.wait()
    quick = settings.model_copy(update={"port": free_port()})
    async with process(quick, tmp_path):
        await _examined(checks, check, STORED)
        async with asyncio.timeout(60):
            while (ended := await checks.of_id(check.check_id)) is None or ended.state == "running":
                await asyncio.sleep(0.05)
    assert killed < STORED
    assert (ended.examined, ended.failing, ended.total) == (STORED, FAILING, STORED)


async def _examined(checks: PostgresMigrationChecks, check: MigrationCheck, least: int) -> int:
    async with asyncio.timeout(180):
        while (known := await checks.of_id(check.check_id)) is None or known.examined < least:
            await asyncio.sleep(0.02)
    return known.examined
