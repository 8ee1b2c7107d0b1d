"""Compositions of four kinds, as EHRbase has made them of FLAT ones, with places for time and value."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from openward_cli.demo import laboratory, medication, problem_list, vital_signs

from bench.clinical_stage import Side, Stage

VITALS, LABORATORY, MEDICATION, PROBLEMS = "vital signs", "laboratory", "medication", "problem list"
#: What a patient's compositions are, over and over.
MIX: Final = (
    VITALS,
    LABORATORY,
    VITALS,
    MEDICATION,
    VITALS,
    PROBLEMS,
    VITALS,
    LABORATORY,
    MEDICATION,
    PROBLEMS,
)
TEMPLATES: Final = (vital_signs, laboratory, medication, problem_list)
#: Of all kinds: a page of 50 entries is ten compositions of whatever kind.
ENTRIES: Final = 5
_AT: Final = "2001-02-03T04:05:06Z"
_VALUE: Final = 117.0
_NEWEST: Final = datetime(2026, 11, 20, tzinfo=UTC)
_WHO: Final = "Ada Holm"
_SALTS: Final = (("2951-2", _VALUE, "mmol/L", (100.0, 130.0)), ("2823-3", 4.1, "mmol/L", (3.5, 5.1)))
_DRUGS: Final = ("C03CA01", "C07AB07", "A10BA02", "N02BE01")
_FLAT: Final[Mapping[str, tuple[str, Mapping[str, object]]]] = {
    VITALS: (vital_signs.TEMPLATE_ID, vital_signs.flat(_VALUE, 80, _AT, composer=_WHO)),
    LABORATORY: (laboratory.TEMPLATE_ID, laboratory.flat(ENTRIES * [_SALTS], _AT, composer=_WHO)),
    MEDICATION: (medication.TEMPLATE_ID, medication.flat(_DRUGS, _DRUGS[0], _AT, composer=_WHO)),
    PROBLEMS: (
        problem_list.TEMPLATE_ID,
        problem_list.flat(("38341003", "44054006", "195967001", "84114007", "233604007"), _AT, composer=_WHO),
    ),
}


@dataclass(frozen=True)
class Documents:
    """Canonical JSON by kind."""

    by_kind: Mapping[str, str]

    @classmethod
    async def made(cls, stage: Stage, ehr_id: str) -> "Documents":
        """Each is written to this EHR once."""
        return cls({kind: await _canonical(stage.direct, stage, ehr_id, kind) for kind in _FLAT})

    def of(self, kinds: Sequence[str], count: int, seed: int) -> list[Any]:
        """So many, six hours apart, the newest first; `seed` tells patients apart."""
        newest = _NEWEST - timedelta(minutes=seed % 300)
        turns = (kinds[number % len(kinds)] for number in range(count))
        return [
            self.one(kind, newest - number * timedelta(hours=6), 90 + (seed + 7 * number) % 60)
            for number, kind in enumerate(islice(turns, count))
        ]

    def one(self, kind: str, at: datetime, value: float) -> Any:
        text = self.by_kind[kind].replace(_AT, f"{at:%Y-%m-%dT%H:%M:%SZ}")
        return json.loads(text.replace(f'"magnitude": {_VALUE}', f'"magnitude": {float(value)}'))


def flat(kind: str, at: datetime, value: float) -> tuple[str, bytes]:
    """Template id, and a FLAT composition."""
    template_id, body = _FLAT[kind]
    text = json.dumps(body).replace(_AT, f"{at:%Y-%m-%dT%H:%M:%SZ}")
    return template_id, text.replace(f'"{_VALUE}"', str(value)).encode()


async def _canonical(side: Side, stage: Stage, ehr_id: str, kind: str) -> str:
    template_id, body = _FLAT[kind]
    path = f"{side.server}{side.base}/ehr/{ehr_id}/composition"
    params = {"format": "FLAT", "templateId": template_id}
    written = await stage.http.post(path, params=params, json=body, headers=dict(await side.headers()))
    uid = written.raise_for_status().headers["etag"].strip('"')
    read = await stage.http.get(f"{path}/{uid}", headers=dict(await side.headers()))
    document = read.raise_for_status().json()
    del document["uid"]
    return json.dumps(document)
