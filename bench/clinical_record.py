"""What is read and written: patients with EHRs, vital signs in them, and fresh ones that nobody has read."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, Final
from uuid import uuid4

from openward_cli.demo import vital_signs
from openward_cli.demo.client import Client
from openward_cli.http import make_client
from openward_contracts.identifiers import VersionUid
from openward_testkit.clinic import Clinic

from bench.clinical_load import Outcome, Pace, Sent, load
from bench.clinical_stage import Side, Stage

#: EHRs that are read and written; more only make the tables longer.
WORKED: Final = 60
READ: Final = 480
_AT_ONCE: Final = 4
_SYSTEM_ID: Final = "openward.local"
_JSON: Final = {"Content-Type": "application/json"}
_AQL: Final = (
    "SELECT c/uid/value AS uid, c/context/start_time/value AS at,"
    " o/data[at0001]/events[at0006]/data[at0003]/items[at0004]/value/magnitude AS systolic"
    " FROM EHR e[ehr_id/value=$ehr_id] CONTAINS COMPOSITION c"
    " CONTAINS OBSERVATION o[openEHR-EHR-OBSERVATION.blood_pressure.v2]"
    " ORDER BY c/context/start_time/value DESC LIMIT 20"
)


@dataclass(frozen=True)
class Version:
    """Of a composition; it is the latest and the only one."""

    ehr_id: str
    uid: VersionUid


@dataclass(frozen=True)
class Records:
    """EHRs with compositions to read and query, EHRs to write to, and the documents that are written."""

    read_ehrs: Sequence[str]
    written_ehrs: Sequence[str]
    read: Sequence[Version]
    flat: Sequence[bytes]
    canonical: Sequence[bytes]

    @classmethod
    async def make(cls, stage: Stage, ehrs: int) -> "Records":
        """Through the product: the template, `ehrs` patients with their EHRs, and `READ` compositions."""
        async with make_client(stage.stack.gateway_url, seconds=60) as http:
            clinic = Clinic(stage.stack, Client(stage.stack, http))
            await clinic.upload_template()
            people = [await clinic.register() for _ in range(min(ehrs, WORKED))]
            for person in people:
                await clinic.until_ready(person)
        ids = [person.ehr_id for person in people]
        half = max(1, len(ids) // 2)
        flat = [_flat(number) for number in range(READ)]
        read = await _written(stage, list(islice(cycle(ids[:half]), READ)), flat)
        canonical = [await _canonical(stage, version) for version in read[:50]]
        return cls(ids[:half], ids[half:] or ids, read, flat[:50], canonical)

    def reads(self, side: Side, versions: Iterable[Version], *, latest: bool = False) -> "Requests":
        paths = [f"{v.ehr_id}/composition/{v.uid.object_id if latest else v.uid}" for v in versions]
        return Requests(side, [("GET", f"/ehr/{path}", b"") for path in paths])

    def ehr_reads(self, side: Side, ehr_ids: Iterable[str]) -> "Requests":
        return Requests(side, [("GET", f"/ehr/{ehr_id}", b"") for ehr_id in ehr_ids])

    def queries(self, side: Side) -> "Requests":
        bodies = [{"q": _AQL, "query_parameters": {"ehr_id": ehr_id}} for ehr_id in self.read_ehrs]
        return Requests(side, [("POST", "/query/aql", json.dumps(body).encode()) for body in bodies])

    def flat_posts(self, side: Side) -> "Requests":
        # EHRbase's name of the parameter, and the product's own.
        query = f"format=FLAT&templateId={vital_signs.TEMPLATE_ID}&template_id={vital_signs.TEMPLATE_ID}"
        return self._posts(side, self.flat, f"?{query}")

    def canonical_posts(self, side: Side) -> "Requests":
        return self._posts(side, self.canonical, "")

    def _posts(self, side: Side, bodies: Sequence[bytes], query: str) -> "Requests":
        pairs = zip(cycle(self.written_ehrs), bodies, strict=False)
        return Requests(side, [("POST", f"/ehr/{ehr}/composition{query}", body) for ehr, body in pairs])

    async def fresh(self, stage: Stage, count: int, connections: int) -> list[Version]:
        """So many compositions that are new to the product: written past it, under uids of our choice."""
        made, requests = [], []
        for ehr_id, body in islice(zip(cycle(self.written_ehrs), cycle(self.canonical), strict=False), count):
            uid = VersionUid.of(uuid4(), _SYSTEM_ID, 1)
            named = {**json.loads(body), "uid": {"_type": "OBJECT_VERSION_ID", "value": str(uid)}}
            made.append(Version(ehr_id, uid))
            requests.append(("POST", f"/ehr/{ehr_id}/composition", json.dumps(named).encode()))
        outcome = await Requests(stage.direct, requests).sent(Pace(connections, count=count))
        if outcome.failed:
            raise RuntimeError(f"EHRbase did not take all compositions: {outcome}")
        await stage.drained()
        return made


@dataclass(frozen=True)
class Requests:
    """Method, path below ITS-REST and body of each, in turn."""

    side: Side
    each: Sequence[tuple[str, str, bytes]]

    async def sent(self, pace: Pace) -> Outcome:
        headers = await self.side.headers()
        sent = (
            Sent(method, self.side.base + path, {**headers, **(_JSON if body else {})}, body)
            for method, path, body in self.each
        )
        return await load(self.side.server, sent, pace)


def _flat(number: int) -> bytes:
    at = f"2026-{1 + number % 12:02}-{1 + number % 28:02}T{number % 24:02}:00:00Z"
    return json.dumps(vital_signs.flat(100 + number % 80, 80, at, composer="Ada")).encode()


async def _written(stage: Stage, ehr_ids: Sequence[str], bodies: Sequence[bytes]) -> list[Version]:
    """Through the product; the acknowledged version of each."""
    query = {"format": "FLAT", "templateId": vital_signs.TEMPLATE_ID, "template_id": vital_signs.TEMPLATE_ID}
    free = asyncio.Semaphore(_AT_ONCE)

    async def write(ehr_id: str, body: bytes) -> Version:
        url = f"{stage.openward.server}{stage.openward.base}/ehr/{ehr_id}/composition"
        async with free:
            headers = {**await stage.openward.headers(), **_JSON}
            answer = await stage.http.post(url, params=query, content=body, headers=headers)
        answer.raise_for_status()
        return Version(ehr_id, VersionUid(answer.headers["etag"].removeprefix("W/").strip('"')))

    await stage.openward.headers()
    return list(await asyncio.gather(*map(write, ehr_ids, bodies)))


async def _canonical(stage: Stage, version: Version) -> bytes:
    """What EHRbase has made of it, to be written again: without its uid."""
    url = f"{stage.direct.server}{stage.direct.base}/ehr/{version.ehr_id}/composition/{version.uid}"
    answer = await stage.http.get(url, headers=dict(await stage.direct.headers()))
    document: dict[str, Any] = answer.raise_for_status().json()
    return json.dumps({name: value for name, value in document.items() if name != "uid"}).encode()
