"""What tests of timelines do with a patient's record, through the service and past it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from clinical.api.timeline_schemas import TimelinePage
from openward_cli.demo import vital_signs
from openward_testkit.ehrbase_template import upload
from pydantic import TypeAdapter

BASE = "/api/clinical/v1/patients"
PAGE: TypeAdapter[TimelinePage] = TypeAdapter(TimelinePage)


@dataclass(frozen=True)
class Reading:
    clinic: Any
    ehrbase: httpx.AsyncClient

    async def ask(self, patient_id: str, headers: Any = None, **params: Any) -> httpx.Response:
        """In the address; with words among it in a body."""
        url, headers = f"{BASE}/{patient_id}/timeline", headers or self.clinic.headers()
        client: httpx.AsyncClient = self.clinic.client
        if "text" in params:
            return await client.post(f"{url}/_search", json=params, headers=headers)
        return await client.get(url, params=params, headers=headers)

    async def read(self, patient_id: str, headers: Any = None, **params: Any) -> dict[str, Any]:
        """A page, which is as the API's document has it."""
        answer = await self.ask(patient_id, headers, **params)
        assert answer.status_code == 200, answer.text
        PAGE.validate_json(answer.content)
        body: dict[str, Any] = answer.json()
        return body

    async def all(self, patient_id: str, **params: Any) -> list[dict[str, Any]]:
        """Page by page."""
        page = await self.read(patient_id, **params)
        items: list[dict[str, Any]] = page["items"]
        while cursor := page.get("next_cursor"):
            page = await self.read(patient_id, **params, cursor=cursor)
            items += page["items"]
        return items

    async def write(self, patient_id: str, body: Any = None, **headers: str) -> str:
        """Vital signs."""
        return _uid(await self.clinic.write(patient_id, body, **headers))

    async def store(self, patient_id: str, template_id: str, body: Any, form: str = "FLAT") -> str:
        """Of any template."""
        return _uid(
            await self.clinic.client.post(
                f"{BASE}/{patient_id}/compositions",
                params={"template_id": template_id, "format": form},
                json=body,
                headers=self.clinic.headers(),
            )
        )

    async def replace(self, patient_id: str, uid: str, template_id: str, body: Any, form: str) -> str:
        answer = await self.clinic.client.put(
            f"{BASE}/{patient_id}/compositions/{uid[:36]}",
            params={"template_id": template_id, "format": form},
            json=body,
            headers=self.clinic.headers() | {"If-Match": f'"{uid}"'},
        )
        return _uid(answer)

    async def delete(self, patient_id: str, uid: str) -> None:
        url = f"{BASE}/{patient_id}/compositions/{uid[:36]}"
        headers = self.clinic.headers() | {"If-Match": f'"{uid}"'}
        answer = await self.clinic.client.delete(url, headers=headers)
        assert answer.status_code == 204, answer.text

    async def upload(self, opt: bytes) -> None:
        await upload(self.ehrbase, opt, "rest/openehr/v1/")


def _uid(answer: httpx.Response) -> str:
    assert answer.is_success, answer.text
    uid: str = answer.json()["version_uid"]
    return uid


@pytest.fixture(scope="module")
async def reading(clinic: Any, settings: Any) -> AsyncIterator[Reading]:
    login = (settings.ehrbase_user, settings.ehrbase_password.get_secret_value())
    async with httpx.AsyncClient(base_url=settings.ehrbase_url, auth=login, timeout=60) as ehrbase:
        yield Reading(clinic, ehrbase)


@pytest.fixture(scope="module")
async def one_patient(reading: Reading) -> str:
    """With one composition of vital signs."""
    patient_id, _ = await reading.clinic.patient()
    body = vital_signs.flat(120, 80, "2026-11-20T09:00:00Z", composer="Ada")
    await reading.write(patient_id, body)
    return str(patient_id)
