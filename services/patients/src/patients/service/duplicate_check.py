"""Whether somebody who is about to be registered is registered already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openward_servicekit.auth import Principal
from openward_servicekit.auth.permissions import decide

from patients.domain.duplicates.judging import ComparisonLog, Scored, described
from patients.domain.duplicates.pairs import Found, Origin, PairState, Verdict
from patients.domain.duplicates.probe import call
from patients.domain.errors import PossibleDuplicate, ReasonRequired
from patients.domain.patient import Patient, Why
from patients.domain.permissions import READ
from patients.domain.ports import UNCHECKED, Admission
from patients.service.duplicates import DuplicateSearch
from patients.service.visibility import sees_restricted

#: More than these nobody looks at; the others wait in the review list.
MOST_SHOWN = 10


@dataclass(frozen=True)
class DuplicateCheck:
    duplicates: DuplicateSearch
    access: ComparisonLog

    async def admit(self, caller: Principal, patient: Patient, why: Why) -> Admission:
        """What is to be written with the registration: decisions on those shown, the others for review.

        Of restricted patients the caller learns nothing, not even by a refusal. Raises PossibleDuplicate
        unless it is confirmed, ReasonRequired when it is confirmed without a reason.
        """
        if not patient.record.matchable:
            return UNCHECKED
        looked = await self.duplicates.look(patient.record, patient.id)
        seen = [one for one in looked.scored if not one.hit.restricted or sees_restricted(caller)]
        shown = seen[:MOST_SHOWN] if any(one.probable for one in seen) else []
        if shown:
            await self._doubt(caller, patient, shown, why, truncated=looked.findings.truncated)
        verdict = Verdict(PairState.DIFFERENT, caller.actor(), patient.change.at, why.reason or "")
        pairs = [_pair(patient, one, verdict if one in shown else None) for one in looked.scored]
        return Admission(call(patient.record), looked.findings.namesakes, pairs)

    async def _doubt(
        self, caller: Principal, patient: Patient, shown: Sequence[Scored], why: Why, *, truncated: bool
    ) -> None:
        if "duplicates" in why.confirmed:
            if why.reason is None:
                raise ReasonRequired
            return
        query = f"registration {patient.record.model_dump_json()}"
        await self.access.compared(caller.actor(), query, [one.hit.patient_id for one in shown])
        raise PossibleDuplicate([_shown(caller, one) for one in shown], truncated=truncated)


def _pair(patient: Patient, one: Scored, verdict: Verdict | None) -> Found:
    return Found(patient.id, one.hit.patient_id, one.comparison, Origin.REGISTRATION, verdict)


def _shown(caller: Principal, one: Scored) -> Mapping[str, Any]:
    """Who it is says the MRN, to those who may read the record."""
    patient_id = one.hit.patient_id
    mrn = {"mrn": one.hit.mrn} if decide(caller, READ, patient_id=patient_id).allowed else {}
    grading = {"probability": round(one.probability, 4), "grade": one.grade.value}
    return {"patient_id": str(patient_id), **mrn, **grading, **described(one.comparison)}
