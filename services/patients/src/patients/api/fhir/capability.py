"""`/fhir/r4/metadata`: what the facade does, and nothing more."""

from typing import Any, Final

from fastapi import Depends, Response
from openward_contracts.fhir_view import FhirView, capabilities
from openward_servicekit.fhir.answering import Wished, answers, resource_response
from openward_servicekit.fhir.media import BASE
from openward_servicekit.routing import api_router, public

from patients.api.dependencies import Services

router = api_router(BASE, tags=["fhir"])

PDQM: Final = "https://profiles.ihe.net/ITI/PDQm"
PIXM: Final = "https://profiles.ihe.net/ITI/PIXm"
_SCHEMA: Final = {
    "type": "object",
    "description": "http://hl7.org/fhir/R4/capabilitystatement.html",
    "required": ["resourceType", "fhirVersion"],
    "properties": {"resourceType": {"const": "CapabilityStatement"}, "fhirVersion": {"const": "4.0.1"}},
}
_DEFINITIONS: Final = "http://hl7.org/fhir/SearchParameter"
#: Under which name HL7 defines what it does not define for Patient alone (R4, searchparameter-registry.html).
_DEFINED_AS: Final = {
    "_id": "Resource-id",
    "mothersMaidenName": "patient-extensions-Patient-mothersMaidenName",
    **{
        name: f"individual-{name}"
        for name in (
            *("address", "address-city", "address-country", "address-postalcode", "address-state"),
            *("birthdate", "family", "gender", "given", "telecom"),
        )
    },
}

#: Name, type, documentation.
SEARCH_PARAMETERS: Final = (
    ("_id", "token", "Logical id."),
    ("active", "token", "A merged patient is not active."),
    ("address", "string", "Any part of an address."),
    ("address-city", "string", ""),
    ("address-country", "string", ""),
    ("address-postalcode", "string", ""),
    ("address-state", "string", ""),
    ("birthdate", "date", "Prefixes eq, ge, gt, le, lt. A date known in part counts as its first day."),
    ("family", "string", "All names, also former ones."),
    ("gender", "token", ""),
    ("given", "string", "All names, also former ones."),
    ("identifier", "token", "`system|` alone restricts which identifiers are shown, too."),
    ("mothersMaidenName", "string", ""),
    ("name", "string", "Family or given name."),
    ("telecom", "token", "`phone|` or `email|`; without either, by the looks of the value."),
)
_DESCRIPTION: Final = (
    "The patient registry, and a view of the clinical record, in FHIR R4, JSON only: where IHE PDQm and PIXm"
    " ask for XML, the answer is 406."
    " Strings match from the beginning, whatever the case and diacritics, or by `:exact`; no other modifier"
    " is supported. A search needs at least two letters of a name or one other thing that tells a person."
    " Unknown parameters are ignored unless Prefer says handling=strict. A total that is above the count's"
    " limit is left out. A Patient with elements that the registry does not keep is refused (422); extensions"
    " that it does not know are ignored, and named where Prefer asks for return=OperationOutcome, or refused"
    " under handling=strict. Kept extensions: patient-mothersMaidenName, patient-genderIdentity,"
    " patient-unknownIdentity, urn:openward:fhir:patient-newborn. Conditional requests take one criterion:"
    " identifier=system|value. Merges can be undone at any time, through the registry's own API."
)


@router.get("/metadata", dependencies=[Depends(public)], responses=answers(_SCHEMA, 200))
async def fhir_capabilities(services: Services, wish: Wished) -> Response:
    return resource_response(capability_statement(services.fhir_base, services.fhir_view), wish)


def capability_statement(base: str, view: FhirView) -> dict[str, Any]:
    """Of the whole base: Patient is this service's, what `view` maps is shown by `clinical`."""
    return {
        "resourceType": "CapabilityStatement",
        "url": f"{base}/metadata",
        "name": "Openward",
        "title": "Openward",
        "status": "active",
        "date": "2026-11-22",
        "publisher": "Openward",
        "description": _DESCRIPTION,
        "kind": "instance",
        "instantiates": [
            f"{PDQM}/CapabilityStatement/IHE.PDQm.PatientDemographicsSupplier",
            f"{PIXM}/CapabilityStatement/IHE.PIXm.Manager",
        ],
        "software": {"name": "Openward"},
        "implementation": {"description": "Openward: patient registry and clinical record", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "rest": [{"mode": "server", "security": _security(), "resource": [_patient(), *capabilities(view)]}],
    }


def _security() -> dict[str, Any]:
    service = {"system": "http://terminology.hl7.org/CodeSystem/restful-security-service"}
    return {
        "cors": True,
        "service": [{"coding": [service | {"code": "SMART-on-FHIR"}]}],
        "description": "OAuth 2.0 bearer tokens with SMART scopes on each resource, and a role.",
    }


def _patient() -> dict[str, Any]:
    interactions = ("read", "vread", "update", "history-instance", "create", "search-type")
    return {
        "type": "Patient",
        "profile": "http://hl7.org/fhir/StructureDefinition/Patient",
        "supportedProfile": [
            f"{PDQM}/StructureDefinition/IHE.PDQm.Patient",
            f"{PIXM}/StructureDefinition/IHE.PIXm.Patient",
        ],
        "interaction": [{"code": code} for code in interactions],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": False,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "conditionalUpdate": True,
        "conditionalDelete": "not-supported",
        "searchParam": [_search_parameter(*parameter) for parameter in SEARCH_PARAMETERS],
        "operation": [
            {"name": "match", "definition": "http://hl7.org/fhir/OperationDefinition/Patient-match"},
            {"name": "ihe-pix", "definition": f"{PIXM}/OperationDefinition/IHE.PIXm.pix"},
            {
                "name": "merge",
                "definition": "http://hl7.org/fhir/OperationDefinition/Patient-merge",
                "documentation": "As in R5, done at once. No value is copied.",
            },
        ],
    }


def _search_parameter(name: str, kind: str, documentation: str) -> dict[str, Any]:
    definition = f"{_DEFINITIONS}/{_DEFINED_AS.get(name, f'Patient-{name}')}"
    parameter = {"name": name, "definition": definition, "type": kind}
    return parameter | ({"documentation": documentation} if documentation else {})
