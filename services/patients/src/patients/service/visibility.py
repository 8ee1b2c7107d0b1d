"""Who may know of a patient: one rule for every use case."""

from collections.abc import Sequence

from openward_servicekit.auth import Principal
from openward_servicekit.auth.permissions import decide

from patients.domain.patient import Patient
from patients.domain.permissions import SEE_RESTRICTED
from patients.domain.ports import PatientRepository


def sees(caller: Principal, patient: Patient) -> bool:
    return not patient.restricted or decide(caller, SEE_RESTRICTED, patient_id=patient.id).allowed


def sees_restricted(caller: Principal) -> bool:
    """Any restricted patient, not only themselves."""
    return decide(caller, SEE_RESTRICTED).allowed


async def shown(
    caller: Principal, found: Sequence[Patient], patients: PatientRepository
) -> Sequence[Patient]:
    """Those of whom the caller may know; a merged record is as restricted as the one that it leads to."""
    away = {patient.id: await patients.survivor(patient.id) for patient in found if patient.survivor_id}
    survivors = await patients.by_ids([*set(away.values())]) if away else ()
    hidden = {survivor.id for survivor in survivors if not sees(caller, survivor)}
    return [patient for patient in found if sees(caller, patient) and away.get(patient.id) not in hidden]
