"""Query products over blood pressures, and who stores and runs them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openward_cli.demo import vital_signs

BASE = "/api/clinical/v1/query-products"
PATIENTS = "/api/clinical/v1/patients"
AUTHOR = ("template-author", "user/aql-*.crus")
CALLER = "user/aql-*.rs user/composition-*.crud"
PRESSURE = "openEHR-EHR-OBSERVATION.blood_pressure.v2"
SYSTOLIC = "o/data[at0001]/events[at0006]/data[at0003]/items[at0004]/value/magnitude"
OF_PATIENT = (
    f"SELECT c/uid/value AS uid, c/context/start_time/value AS at, {SYSTOLIC} AS systolic\n"
    f"FROM EHR e[ehr_id/value=$ehr_id] CONTAINS COMPOSITION c CONTAINS OBSERVATION o[{PRESSURE}]\n"
    f"WHERE c/context/start_time/value >= $since AND {SYSTOLIC} >= $least\n"
    "ORDER BY c/context/start_time/value DESC, c/uid/value\nLIMIT 1000"
)
OF_ALL = (
    f"SELECT e/ehr_id/value AS ehr, c/uid/value AS uid, {SYSTOLIC} AS systolic "
    f"FROM EHR e CONTAINS COMPOSITION c CONTAINS OBSERVATION o[{PRESSURE}] "
    f"WHERE {SYSTOLIC} >= $least ORDER BY e/ehr_id/value, c/uid/value LIMIT 1000"
)
PARAMETERS = [
    {"name": "since", "type": "date-time", "description": "since when", "required": False,
     "default": "2000-01-01T00:00:00Z"},
    {"name": "least", "type": "number", "unit": "mm[Hg]", "description": "at least", "required": False,
     "default": 0, "minimum": 0, "maximum": 1000},
]  # fmt: skip
COLUMNS = [
    {"name": "uid", "type": "version-uid", "description": "which composition"},
    {"name": "at", "type": "date-time", "description": "when"},
    {"name": "systolic", "type": "number", "unit": "mm[Hg]", "description": "systolic pressure"},
]


def product(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Pressures",
        "description": "Systolic pressures, the latest first",
        "owner": "ward 1",
        "aql": OF_PATIENT,
        "scope": "patient",
        "parameters": PARAMETERS,
        "columns": COLUMNS,
        "limits": {"rows": 1000, "seconds": 10},
    } | changes


def over_all(**changes: Any) -> dict[str, Any]:
    columns = [{"name": "ehr", "type": "uuid", "description": "whose"}, COLUMNS[0], COLUMNS[2]]
    changes = {"columns": columns, "parameters": [PARAMETERS[1]]} | changes
    changes = {"limits": {"rows": 1000, "seconds": 25}} | changes
    return product(aql=OF_ALL, scope="population", **changes)


@dataclass(frozen=True)
class Products:
    """`name`: of a product that nobody has stored yet."""

    clinic: Any
    name: str
    path: str = BASE

    def one(self, **changes: Any) -> dict[str, Any]:
        return product(**changes)

    def all(self, **changes: Any) -> dict[str, Any]:
        return over_all(**changes)

    async def put(self, body: Mapping[str, Any], version: str = "1.0.0", name: str = "") -> httpx.Response:
        path = f"{BASE}/{name or self.name}/{version}"
        answer: httpx.Response = await self.clinic.client.put(
            path, json=body, headers=self.clinic.headers(*AUTHOR)
        )
        return answer

    async def get(
        self, path: str = "", *, scope: str = CALLER, role: str = "clinician", **params: Any
    ) -> httpx.Response:
        """`path` below that of all products, or all of one."""
        claims, headers = params.pop("claims", {}), params.pop("headers", {})
        path = path if path.startswith("/api") else f"{BASE}{path}"
        headers = self.clinic.headers(role, scope, **claims) | headers
        answer: httpx.Response = await self.clinic.client.get(path, params=params, headers=headers)
        return answer

    async def post(
        self, path: str, body: Any, *, scope: str = CALLER, role: str = "clinician"
    ) -> httpx.Response:
        headers = self.clinic.headers(role, scope)
        answer: httpx.Response = await self.clinic.client.post(path, json=body, headers=headers)
        return answer

    async def post_as_author(self, path: str, body: Any) -> httpx.Response:
        answer: httpx.Response = await self.clinic.client.post(
            path, json=body, headers=self.clinic.headers(*AUTHOR)
        )
        return answer

    def of(self, patient_id: str, version: str = "", name: str = "") -> str:
        """Where it is run over one record."""
        return f"{PATIENTS}/{patient_id}/query-products/{name or self.name}{version and '/'}{version}"

    async def written(self, patient_id: str, systolic: float, at: str = "2026-11-22T10:00:00Z") -> str:
        answer = await self.clinic.write(patient_id, vital_signs.flat(systolic, 80, at, composer="Ada"))
        return str(answer.json()["version_uid"])


@pytest.fixture
def products(clinic: Any) -> Products:
    return Products(clinic, f"org.ward::p{uuid4().hex[:12]}")
