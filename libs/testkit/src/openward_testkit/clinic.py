"""What people do all day, through a running stack's gateway; each write is repeated until acknowledged."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from openward_cli.demo import people, vital_signs
from openward_cli.demo.client import Client
from openward_cli.demo.exchange import Exchange
from openward_cli.http import HTTPError
from openward_cli.stack import Stack
from openward_cli.token import TokenRefused

CLERK: Final = "clara"
CLINICIAN: Final = "ada"
AUTHOR: Final = "tomas"
AUDITOR: Final = "ines"

PATIENTS: Final = "/api/patients/v1/patients"
SYSTOLIC: Final = "vital_signs/blood_pressure/any_event:0/systolic|magnitude"
#: Version uid and systolic pressure.
_SYSTOLIC_AQL: Final = (
    "SELECT c/uid/value AS uid, o/data[at0001]/events[at0006]/data[at0003]/items[at0004]/value/magnitude AS s"
    " FROM EHR e CONTAINS COMPOSITION c CONTAINS OBSERVATION o[openEHR-EHR-OBSERVATION.blood_pressure.v2]"
)
_AWAY: Final = frozenset({502, 503, 504})
_FLAT: Final = {"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"}


@dataclass(frozen=True)
class Person:
    patient_id: str
    ehr_id: str

    @property
    def record(self) -> str:
        return f"/api/clinical/v1/patients/{self.patient_id}"


@dataclass(frozen=True)
class Clinic:
    """With a `patience` of 0 s nothing is repeated: every first answer has to be the right one."""

    stack: Stack
    client: Client
    patience: float = 150.0

    async def insist(self, user: str, method: str, path: str, **request: Any) -> Exchange:
        """The first answer that is neither "away" nor "still at it"; AssertionError when none comes."""
        give_up = time.monotonic() + self.patience
        while True:
            answer: Exchange | Exception
            try:
                answer = await self.client.send(user, method, path, **request)
            except (HTTPError, TokenRefused) as error:
                answer = error
            if isinstance(answer, Exchange) and answer.status not in _AWAY and not _in_progress(answer):
                return answer
            why = f"{method} {path}: nothing but failures for {self.patience} s; last: {answer!r}"
            assert time.monotonic() < give_up, why
            await asyncio.sleep(0.2)

    async def upload_template(self) -> None:
        headers = {"Content-Type": "application/xml"}
        path = "/api/templates/v1/templates"
        answer = await self.insist(AUTHOR, "POST", path, content=vital_signs.opt(), headers=headers)
        assert answer.status in (200, 201), answer

    async def register(self, somebody: Mapping[str, Any] | None = None) -> Person:
        headers = {"Idempotency-Key": uuid4().hex}
        body = somebody or people.somebody()
        answer = await self.insist(CLERK, "POST", PATIENTS, json=body, headers=headers)
        assert answer.status == 201, answer
        return Person(answer.value("id"), answer.value("ehr")["ehr_id"])

    async def record(self, person: Person, systolic: float) -> str:
        """Writes vital signs; the acknowledged version uid."""
        headers = {"Idempotency-Key": uuid4().hex}
        path = f"{person.record}/compositions"
        body = vitals(systolic)
        answer = await self.insist(CLINICIAN, "POST", path, params=_FLAT, json=body, headers=headers)
        assert answer.status == 201, answer
        return str(answer.value("version_uid"))

    async def correct(self, person: Person, preceding: str, systolic: float) -> str:
        """Writes the next version; the acknowledged version uid."""
        headers = {"If-Match": f'"{preceding}"'}
        path = f"{person.record}/compositions/{preceding.partition('::')[0]}"
        body = vitals(systolic)
        answer = await self.insist(CLINICIAN, "PUT", path, params=_FLAT, json=body, headers=headers)
        assert answer.status == 200, answer
        return str(answer.value("version_uid"))

    async def read(self, person: Person, uid: str) -> Exchange:
        path = f"{person.record}/compositions/{uid}"
        return await self.insist(CLINICIAN, "GET", path, params={"format": "FLAT"})

    async def query(self, person: Person) -> Exchange:
        """Version uid and systolic pressure of all compositions."""
        query = {"q": _SYSTOLIC_AQL}
        return await self.insist(CLINICIAN, "POST", f"{person.record}/query", json=query)

    async def until_ready(self, person: Person, seconds: float = 120) -> None:
        """The patient's EHR exists; AssertionError after so many seconds."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            answer = await self.insist(CLERK, "GET", f"{PATIENTS}/{person.patient_id}")
            if answer.value("ehr") == {"ehr_id": person.ehr_id, "state": "ready"}:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"the EHR of {person.patient_id} is not ready after {seconds} s")


def vitals(systolic: float) -> dict[str, object]:
    return vital_signs.flat(systolic, 80, "2026-11-22T10:00:00Z", composer="Ada")


def _in_progress(answer: Exchange) -> bool:
    return answer.status == 409 and answer.value("code") in ("request-in-progress", "version-being-written")
