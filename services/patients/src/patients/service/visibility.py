"""Who may know of a patient: one rule for every use case."""

from openward_servicekit.auth import Principal
from openward_servicekit.auth.permissions import decide

from patients.domain.patient import Patient
from patients.domain.permissions import SEE_RESTRICTED


def sees(caller: Principal, patient: Patient) -> bool:
    return not patient.restricted or decide(caller, SEE_RESTRICTED, patient_id=patient.id).allowed


def sees_restricted(caller: Principal) -> bool:
    """Any restricted patient, not only themselves."""
    return decide(caller, SEE_RESTRICTED).allowed
