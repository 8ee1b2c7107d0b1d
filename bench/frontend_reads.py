"""How long it takes to show what was recorded: timeline, series, ward list, and what is wrong in a draft."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from bench.clinical_load import Outcome, Pace, Sent, load
from bench.clinical_stage import Stage
from bench.frontend_documents import VITALS, flat
from bench.frontend_record import Record
from bench.registry_clock import say

API: Final = "/api/clinical/v1"
_PAGE: Final = 50
_ROUNDS: Final = 5
_COLD: Final = 40
#: Patients whose records are brought up to date with one token.
_TOGETHER: Final = 200
_ATTEMPTS: Final = 20
#: Beds of a ward, and what is looked at in each.
_BEDS: Final = 30
_MEASUREMENTS: Final = (
    *("systolic", "diastolic", "mean_arterial_pressure", "pulse", "temperature"),
    *("respiration", "spo2", "weight", "height", "body_mass_index"),
)
_TABLES: Final = ("recorded_ehr", "recorded_version", "recorded_entry", "recorded_value")
_EHRS: Final = "select ehr_id from patient_ehr where patient_id = any($1)"
_JSON: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Reads:
    """One request at a time, through the gateway, as a clinician."""

    stage: Stage
    record: Record
    requests: int
    dice: random.Random

    async def prepare(self) -> None:
        """What is kept of every patient is brought up to date, and the processes have worked for a while.

        Raises RuntimeError when some cannot be.
        """
        everybody = self.record.everybody
        for start in range(0, len(everybody), _TOGETHER):
            await self._up_to_date(everybody[start : start + _TOGETHER])
        say(f"{len(everybody)} records are up to date")

    async def _up_to_date(self, patients: Sequence[str]) -> None:
        for _ in range(_ATTEMPTS):
            outcome = await self._sent(self._timelines(patients), 2, len(patients))
            if not outcome.failed:
                return
            say(f"{outcome.failed} of {len(patients)} records are behind: {outcome.statuses}")
        raise RuntimeError("not all records can be brought up to date")

    async def timeline_p95_ms(self) -> float:
        asked = self.dice.choices(self.record.usual, k=self.requests)
        warm = await self._one_by_one("timeline", self._timelines(asked))
        await self._cold()
        return warm

    async def timeline_growth(self) -> float:
        """The median of rounds: few and many in turn, so that both see the same machine."""
        ratios = []
        for _ in range(_ROUNDS):
            few = await self._one_by_one("timeline of few", self._timelines(self._many(self.record.few)))
            many = await self._one_by_one("timeline of many", self._timelines(self._many(self.record.many)))
            ratios.append(many / few)
        return round(median(ratios), 2)

    async def series_p95_ms(self) -> float:
        query = urlencode({"node": "systolic"})
        paths = [f"{API}/patients/{each}/series?{query}" for each in self._many(self.record.plotted)]
        return await self._one_by_one("series", [("GET", path, b"") for path in paths])

    async def ward_p95_ms(self) -> float:
        wards = [self.dice.sample(self.record.usual, min(_BEDS, len(self.record.usual))) for _ in range(20)]
        asked = [self._ward(each) for each in wards]
        return await self._one_by_one("ward list", [asked[n % 20] for n in range(self.requests)])

    async def validate_p50_ms(self) -> float:
        template_id, _ = flat(VITALS, datetime.now(UTC), 120)
        query = urlencode({"format": "FLAT", "template_id": template_id})
        patients = self.dice.choices(self.record.usual, k=self.requests)
        asked = [
            (
                "POST",
                f"{API}/patients/{each}/compositions/$validate?{query}",
                flat(VITALS, datetime.now(UTC), 120)[1],
            )
            for each in patients
        ]
        return (await self._measured("$validate", asked)).latency_ms["p50"]

    async def _cold(self) -> None:
        """Of patients of whom nothing is kept: as after a fresh start of the service's database."""
        patients = self.dice.sample(self.record.usual, min(_COLD, len(self.record.usual)))
        rows = await self.stage.clinical.fetch(_EHRS, [UUID(each) for each in patients])
        for table in _TABLES:
            delete = f"delete from {table} where ehr_id = any($1)"  # noqa: S608  our own names
            await self.stage.clinical.execute(delete, [row["ehr_id"] for row in rows])
        await self._measured("timeline of a record that is gathered first", self._timelines(patients))

    def _timelines(self, patients: Iterable[str]) -> list[tuple[str, str, bytes]]:
        return [("GET", f"{API}/patients/{each}/timeline?limit={_PAGE}", b"") for each in patients]

    def _ward(self, patients: Sequence[str]) -> tuple[str, str, bytes]:
        body = {"patients": patients, "measurements": _MEASUREMENTS}
        return ("POST", f"{API}/latest", json.dumps(body).encode())

    def _many(self, patients: Sequence[str]) -> list[str]:
        return [patients[number % len(patients)] for number in range(self.requests)]

    async def _one_by_one(self, what: str, asked: Sequence[tuple[str, str, bytes]]) -> float:
        return (await self._measured(what, asked)).latency_ms["p95"]

    async def _measured(self, what: str, asked: Sequence[tuple[str, str, bytes]]) -> Outcome:
        """Raises RuntimeError when one of them is not answered well."""
        outcome = await self._sent(asked, 1, len(asked))
        if outcome.failed:
            raise RuntimeError(f"{what}: {outcome.failed} of {outcome.begun} failed: {outcome.statuses}")
        said = ", ".join(f"{name} {outcome.latency_ms[name]:.1f}" for name in ("p50", "p95", "max"))
        say(f"{what}, ms: {said} ({outcome.begun} requests)")
        return outcome

    async def _sent(self, asked: Sequence[tuple[str, str, bytes]], connections: int, count: int) -> Outcome:
        headers = await self.stage.openward.headers()
        sent = [
            Sent(method, path, {**headers, **(_JSON if body else {})}, body) for method, path, body in asked
        ]
        return await load(self.stage.stack.gateway_url, sent, Pace(connections, count=count))
