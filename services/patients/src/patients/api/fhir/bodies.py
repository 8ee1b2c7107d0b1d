"""What FHIR requests send."""

from typing import Annotated, Any, Final

from fastapi import Body, Depends
from openward_contracts.identifiers import PatientId
from openward_servicekit.fhir.media import MEDIA_TYPE

from patients.domain.errors import PatientNotFound

PATIENT_SCHEMA: Final = {
    "type": "object",
    "description": "http://hl7.org/fhir/R4/patient.html",
    "required": ["resourceType"],
    "properties": {"resourceType": {"const": "Patient"}},
}
PARAMETERS_SCHEMA: Final = {
    "type": "object",
    "description": "http://hl7.org/fhir/R4/parameters.html",
    "required": ["resourceType"],
    "properties": {
        "resourceType": {"const": "Parameters"},
        "parameter": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
    },
}


ResourceBody = Annotated[
    dict[str, Any],
    Body(media_type=MEDIA_TYPE, description="http://hl7.org/fhir/R4/resource.html"),
]


async def patient_id(patient_id: str) -> PatientId:
    """FHIR's ids may be other than ours; nobody has those."""
    try:
        return PatientId(patient_id)
    except ValueError:
        raise PatientNotFound from None


PatientPath = Annotated[PatientId, Depends(patient_id)]
