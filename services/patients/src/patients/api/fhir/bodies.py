"""What FHIR requests send, and how they want to be answered."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Body, Depends, Header, Response
from openward_contracts.identifiers import PatientId

from patients.api.fhir.media import MediaType
from patients.api.fhir.outcome import MEDIA_TYPE
from patients.domain.errors import PatientNotFound

PATIENT_SCHEMA: Final = {
    "type": "object",
    "description": "http://hl7.org/fhir/R4/patient.html",
    "required": ["resourceType"],
    "properties": {"resourceType": {"const": "Patient"}},
}
BUNDLE_SCHEMA: Final = {
    "type": "object",
    "description": "http://hl7.org/fhir/R4/bundle.html",
    "required": ["resourceType", "type"],
    "properties": {"resourceType": {"const": "Bundle"}, "type": {"enum": ["searchset", "history"]}},
}
PARAMETERS_SCHEMA: Final = {
    "type": "object",
    "description": "http://hl7.org/fhir/R4/parameters.html",
    "required": ["resourceType"],
    "properties": {
        "resourceType": {"const": "Parameters"},
        "parameter": {"type": "array", "items": {"type": "object"}},
    },
}


def answers(schema: Any, *statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route whose successes have that body."""
    content = {MEDIA_TYPE: {"schema": schema}, "application/json": {"schema": schema}}
    return {status: {"description": schema["description"], "content": content} for status in statuses}


ResourceBody = Annotated[
    dict[str, Any],
    Body(media_type=MEDIA_TYPE, description="http://hl7.org/fhir/R4/resource.html"),
]


@dataclass(frozen=True, slots=True)
class Wish:
    """How to answer. `returning`: minimal, representation or OperationOutcome; `strict`: ignore nothing."""

    media_type: str
    returning: str
    strict: bool


async def wish(
    media_type: MediaType,
    prefer: Annotated[
        str,
        Header(description="return=minimal | representation | OperationOutcome, handling=strict | lenient"),
    ] = "",
) -> Wish:
    preferences = dict(
        part.strip().partition("=")[::2] for part in prefer.replace(";", ",").split(",") if part.strip()
    )
    returning = preferences.get("return", "representation").strip('"')
    return Wish(media_type, returning, preferences.get("handling", "").strip('"') == "strict")


Wished = Annotated[Wish, Depends(wish)]


async def patient_id(patient_id: str) -> PatientId:
    """FHIR's ids may be other than ours; nobody has those."""
    try:
        return PatientId(patient_id)
    except ValueError:
        raise PatientNotFound from None


PatientPath = Annotated[PatientId, Depends(patient_id)]


class NoBody(Response):
    """304 and minimal answers."""

    media_type = None
