"""A patient of whom there is something in every list, and all that may be asked about them."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openward_cli.demo import vital_signs

BASE = "/api/clinical/v1"
PATIENT = f"{BASE}/patients/{{patient_id}}"
SCOPE = "user/composition-*.crud user/aql-*.rs user/Patient.r user/Encounter.cruds user/Observation.rs"
AUTHOR = ("template-author", "user/aql-*.crus")
#: Of no end, or of no patient.
_APART = ("/events", "/review", "/findings")


@dataclass(frozen=True)
class Known:
    """`ids`: by the names that the API's document has for them."""

    clinic: Any
    ids: Mapping[str, str]
    headers: Mapping[str, str]

    def path(self, template: str) -> str:
        return template.format_map(self.ids)

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {**self.headers, **request.pop("headers", {})}
        client: httpx.AsyncClient = self.clinic.client
        return await client.request(method, self.path(path), headers=headers, **request)

    def reads(self) -> Iterator[tuple[str, list[str]]]:
        """Each GET of the clinical API, with its query parameters."""
        for path, operations in self.clinic.app.openapi()["paths"].items():
            if path.startswith(BASE) and "get" in operations and not path.endswith(_APART):
                parameters = operations["get"].get("parameters", ())
                yield path, [each["name"] for each in parameters if each["in"] == "query"]


def product() -> dict[str, Any]:
    """Over one record."""
    return {
        "title": "Compositions",
        "description": "Those of a day, or of all",
        "owner": "ward 1",
        "aql": "SELECT c/uid/value AS uid FROM EHR e[ehr_id/value=$ehr_id] CONTAINS COMPOSITION c "
        "WHERE c/name/value != $name AND c/context/start_time/value >= $since ORDER BY c/uid/value LIMIT 100",
        "scope": "patient",
        "parameters": [
            {"name": "name", "type": "string", "description": "d", "required": False, "default": "none"},
            {"name": "since", "type": "date-time", "description": "d", "required": False,
             "default": "2000-01-01T00:00:00Z"},
        ],
        "columns": [{"name": "uid", "type": "version-uid", "description": "which composition"}],
        "limits": {"rows": 100},
    }  # fmt: skip


@pytest.fixture(scope="module")
async def known(clinic: Any) -> Known:
    """Two of everything, the composition and the encounter that are named of each two."""
    patient = await clinic.patient()
    here = Known(
        clinic,
        {"patient_id": patient[0], "ehr_id": patient[1]},
        clinic.headers(scope=SCOPE, exp=int(time.time()) + 3000),
    )
    ward = {"location": {"id": f"ward-{uuid4().hex[:8]}", "display": "Ward"}}
    encounters = [await _made(here, "encounters", {"encounter_class": "AMB", **ward}) for _ in range(2)]
    encounter_id = encounters[0]["encounter_id"]
    into = f"compositions?template_id={vital_signs.TEMPLATE_ID}&format=FLAT&encounter_id={encounter_id}"
    written = [
        await _made(here, into, vital_signs.flat(120, 80, f"2026-11-22T10:{minute}:00Z", composer="Ada"))
        for minute in (10, 11)
    ]
    name = f"org.ward::bad{uuid4().hex[:12]}"
    for each in (name, f"{name}-b"):
        stored = await clinic.client.put(
            f"{BASE}/query-products/{each}/1.0.0", json=product(), headers=clinic.headers(*AUTHOR)
        )
        assert stored.status_code == 201, stored.text
    uid = written[1]["version_uid"]
    ids = {
        **here.ids,
        "encounter_id": encounter_id,
        "uid": uid.partition("::")[0],
        "object_id": uid.partition("::")[0],
        "version_uid": uid,
        "name": name,
        "version": "1.0.0",
        "ward": ward["location"]["id"],
    }
    return Known(clinic, ids, here.headers)


async def _made(known: Known, path: str, body: Any) -> Any:
    answer = await known.ask("POST", f"{PATIENT}/{path}", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()
