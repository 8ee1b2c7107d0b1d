"""The record that a frontend is measured on: patients with compositions of four kinds, made once."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from openward_cli.demo.client import Client
from openward_cli.http import make_client
from openward_testkit.clinic import AUTHOR, Clinic, Person

from bench.clinical_stage import Stage
from bench.frontend_documents import MIX, TEMPLATES, VITALS, Documents
from bench.registry_clock import say, timed

FEW, MANY = 10, 1_000
#: Patients with few and with many compositions, and those with many measurements of one kind.
_COMPARED, _PLOTTED = 5, 2
_REGISTERING: Final = 6
#: Contributions at once, and compositions in each: more make EHRbase no faster.
_WRITING: Final = 4
_TOGETHER: Final = 50
_SAY_SECONDS: Final = 30
_READY_SECONDS: Final = 300
_LEFT: Final = "select count(*) from evt.ehr_event"
_LEFT_SECONDS: Final = 5


@dataclass(frozen=True)
class Sizes:
    patients: int
    each: int


@dataclass(frozen=True)
class Record:
    """Ids of patients: `usual` have as many compositions as was asked for."""

    sizes: Sizes
    usual: Sequence[str]
    few: Sequence[str]
    many: Sequence[str]
    plotted: Sequence[str]

    @property
    def everybody(self) -> list[str]:
        return [*self.usual, *self.few, *self.many, *self.plotted]

    @classmethod
    async def made(cls, stage: Stage, sizes: Sizes) -> Self:
        """That of an earlier run that kept its stack, if it is of these sizes; else a new one."""
        if found := cls._kept(_file(stage), sizes):
            say("the record of an earlier run is used again")
            return found
        async with _clinic(stage) as clinic:
            await _upload_templates(clinic)
            with timed("patients registered"):
                people = await _registered(clinic, stage, sizes.patients + 2 * _COMPARED + _PLOTTED)
        await _fill(stage, people, sizes)
        ids = [person.patient_id for person in people]
        at = sizes.patients
        plotted = ids[at + 2 * _COMPARED :]
        record = cls(sizes, ids[:at], ids[at : at + _COMPARED], ids[at + _COMPARED :][:_COMPARED], plotted)
        _file(stage).write_text(json.dumps(asdict(record)))
        return record

    @classmethod
    def _kept(cls, file: Path, sizes: Sizes) -> Self | None:
        if not file.exists():
            return None
        said = json.loads(file.read_text())
        found = cls(**said | {"sizes": Sizes(**said["sizes"])})
        return found if found.sizes == sizes else None


def _file(stage: Stage) -> Path:
    """In the stack's folder: it goes when the stack's data go."""
    return stage.stack.run_dir / "frontend-record.json"


@asynccontextmanager
async def _clinic(stage: Stage) -> AsyncIterator[Clinic]:
    async with make_client(stage.stack.gateway_url, seconds=60) as http:
        yield Clinic(stage.stack, Client(stage.stack, http))


async def _upload_templates(clinic: Clinic) -> None:
    headers = {"Content-Type": "application/xml"}
    for module in TEMPLATES:
        path = "/api/templates/v1/templates"
        answer = await clinic.insist(AUTHOR, "POST", path, content=module.opt(), headers=headers)
        if answer.status not in (200, 201):
            raise RuntimeError(f"{module.TEMPLATE_ID}: {answer}")


async def _registered(clinic: Clinic, stage: Stage, count: int) -> list[Person]:
    free = asyncio.Semaphore(_REGISTERING)

    async def register() -> Person:
        async with free:
            return await clinic.register()

    people = await asyncio.gather(*(register() for _ in range(count)))
    ready = "select count(*) from patient_ehr where state = 'ready' and ehr_id = any($1)"
    ids = [person.ehr_id for person in people]
    async with asyncio.timeout(_READY_SECONDS):
        while await stage.clinical.fetchval(ready, ids) < count:  # noqa: ASYNC110  it gives no signal
            await asyncio.sleep(0.2)
    return list(people)


async def _fill(stage: Stage, people: Sequence[Person], sizes: Sizes) -> None:
    documents = await Documents.made(stage, str((await _scratch(stage)).removeprefix("W/").strip('"')))
    at = sizes.patients
    plans: list[tuple[Person, Sequence[str], int]] = [(person, MIX, sizes.each) for person in people[:at]]
    plans += [(person, MIX, FEW) for person in people[at : at + _COMPARED]]
    plans += [(person, MIX, MANY) for person in people[at + _COMPARED : at + 2 * _COMPARED]]
    plans += [(person, (VITALS,), MANY) for person in people[at + 2 * _COMPARED :]]
    filling = _Filling(stage, sum(count for *_, count in plans))
    waiting = iter(enumerate(plans))

    async def work() -> None:
        for seed, (person, kinds, count) in waiting:
            await filling.write(person.ehr_id, documents.of(kinds, count, seed))

    with timed(f"{filling.total} compositions written"):
        await asyncio.gather(*(work() for _ in range(_WRITING)))
    with timed("their events published"):
        await filling.published()


async def _scratch(stage: Stage) -> str:
    url = f"{stage.direct.server}{stage.direct.base}/ehr"
    headers = {**await stage.direct.headers(), "Prefer": "return=minimal"}
    answer = await stage.http.post(url, headers=headers)
    return str(answer.raise_for_status().headers["etag"])


class _Filling:
    """Contributions past the product, as fast as EHRbase takes them; says how far it is."""

    def __init__(self, stage: Stage, total: int) -> None:
        self.total = total
        self._stage = stage
        self._done = 0
        self._began = self._said = time.monotonic()

    async def write(self, ehr_id: str, documents: Sequence[Any]) -> None:
        url = f"{self._stage.direct.server}{self._stage.direct.base}/ehr/{ehr_id}/contribution"
        headers = {**await self._stage.direct.headers(), "Prefer": "return=minimal"}
        for start in range(0, len(documents), _TOGETHER):
            part = documents[start : start + _TOGETHER]
            answer = await self._stage.http.post(url, json=_contribution(part), headers=headers)
            answer.raise_for_status()
            self._done += len(part)
            self._tell()

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._said > _SAY_SECONDS:
            self._said = now
            say(f"{self._done} of {self.total}, {self._done / (now - self._began):.0f}/s")

    async def published(self) -> None:
        """However long that takes, as long as it goes on."""
        before, left = -1, await self._stage.ehrbase.fetchval(_LEFT)
        while before != left:
            await asyncio.sleep(_LEFT_SECONDS)
            before, left = left, await self._stage.ehrbase.fetchval(_LEFT)
        await self._stage.drained()


def _contribution(documents: Sequence[Any]) -> Any:
    audit = {
        "_type": "AUDIT_DETAILS",
        "system_id": "bench",
        "change_type": _coded("creation", "249"),
        "committer": {"_type": "PARTY_IDENTIFIED", "name": "Ada Holm"},
    }
    versions = [
        {
            "_type": "ORIGINAL_VERSION",
            "commit_audit": audit,
            "lifecycle_state": _coded("complete", "532"),
            "data": document,
        }
        for document in documents
    ]
    return {"_type": "CONTRIBUTION", "versions": versions, "audit": audit}


def _coded(value: str, code: str) -> Any:
    terminology = {"_type": "TERMINOLOGY_ID", "value": "openehr"}
    phrase = {"_type": "CODE_PHRASE", "terminology_id": terminology, "code_string": code}
    return {"_type": "DV_CODED_TEXT", "value": value, "defining_code": phrase}
