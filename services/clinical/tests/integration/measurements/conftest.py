"""What tests of measurements do with patients' records."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from clinical.api.latest_schemas import LatestValues
from clinical.api.measurement_schemas import MeasurementSeries
from clinical.api.snapshot_schemas import PatientSnapshot
from openward_cli.demo import laboratory, medication, problem_list, vital_signs
from pydantic import TypeAdapter

BASE = "/api/clinical/v1/patients"


@dataclass(frozen=True)
class Ward:
    clinic: Any

    async def patient(self) -> str:
        patient_id, _ = await self.clinic.patient()
        return str(patient_id)

    async def store(self, patient_id: str, template_id: str, *bodies: dict[str, Any]) -> list[str]:
        """FLAT compositions, one after the other; their version uids."""
        uids = []
        for body in bodies:
            answer = await self.clinic.client.post(
                f"{BASE}/{patient_id}/compositions",
                params={"template_id": template_id, "format": "FLAT"},
                json=body,
                headers=self.clinic.headers(),
            )
            assert answer.status_code == 201, answer.text
            uids.append(answer.json()["version_uid"])
        return uids

    async def vitals(self, patient_id: str, systolic: float, at: str, **more: Any) -> str:
        body = vital_signs.flat(systolic, 80, at, composer="Ada") | more
        return (await self.store(patient_id, vital_signs.TEMPLATE_ID, body))[0]

    async def laboratory(self, patient_id: str, at: str, *panel: laboratory.Measured) -> str:
        body = laboratory.flat([panel], at, composer="Ada")
        return (await self.store(patient_id, laboratory.TEMPLATE_ID, body))[0]

    async def snapshot(self, patient_id: str, headers: Any = None, **params: Any) -> Any:
        url = f"{BASE}/{patient_id}/snapshot"
        answer = await self.clinic.client.get(url, params=params, headers=headers or self.clinic.headers())
        return self._is(200, answer, PatientSnapshot)

    async def series(
        self, patient_id: str, expected: int = 200, /, headers: Any = None, **params: Any
    ) -> Any:
        return self._is(
            expected,
            await self.clinic.client.get(
                f"{BASE}/{patient_id}/series", params=params, headers=headers or self.clinic.headers()
            ),
            MeasurementSeries,
        )

    async def latest(self, expected: int = 200, /, headers: Any = None, **asked: Any) -> Any:
        return self._is(
            expected,
            await self.clinic.client.post(
                "/api/clinical/v1/latest", json=asked, headers=headers or self.clinic.headers()
            ),
            LatestValues,
        )

    @staticmethod
    def _is(expected: int, answer: httpx.Response, shape: Any) -> Any:
        """It is as the API's document has it."""
        assert answer.status_code == expected, answer.text
        if answer.is_success:
            TypeAdapter(shape).validate_json(answer.content)
        return answer.json()


@pytest.fixture(scope="module")
async def templates(bring: Any) -> None:
    for template in (vital_signs, laboratory, medication, problem_list):
        await bring(template.opt())


@pytest.fixture
def ward(clinic: Any, templates: None) -> Ward:
    del templates
    return Ward(clinic)
