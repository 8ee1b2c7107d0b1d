"""A FHIR R4 Patient as a record of the registry.

Checked three times: as FHIR (the `fhir.resources` models), for elements that the registry would lose
(`shape`), and as a record. Errors name JSON pointers into the Patient and repeat none of its values.

What a client need not send back stays: a restriction or test tag is kept until a label or the native API
takes it away (FHIR R4, resource.html#Meta: labels are not lost by an update that does not mention them).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openward_servicekit.errors import FieldError, Invalid
from openward_servicekit.validation import invalid_body
from pydantic import ValidationError

from patients.api.fhir import systems
from patients.api.fhir.names import fhir_pointer
from patients.api.fhir.outgoing import identifiers
from patients.api.fhir.parts import Element, Refusals, drop_empty, part_of, parts_of
from patients.api.fhir.shape import shaped
from patients.domain.cross_reference import EHR_SYSTEM
from patients.domain.patient import MRN_SYSTEM, Patient
from patients.domain.record import PatientRecord

OWN_SYSTEMS: Final = frozenset({MRN_SYSTEM, EHR_SYSTEM})
KNOWN_EXTENSIONS: Final = frozenset(
    {systems.MOTHERS_MAIDEN_NAME, systems.GENDER_IDENTITY, systems.UNKNOWN_IDENTITY, systems.NEWBORN}
)


class ResourceInvalid(Invalid):
    slug = "resource-invalid"


class ElementNotSupported(Invalid):
    """The registry has no place for an element, so it would be lost."""

    slug = "element-not-supported"


@dataclass(frozen=True)
class Incoming:
    """`ignored`: JSON pointers of extensions that are not kept."""

    record: PatientRecord
    ignored: tuple[str, ...] = ()


def read_patient(
    resource: Mapping[str, Any],
    before: Patient | None = None,
    known_links: Sequence[Element] = (),
    *,
    strict: bool,
) -> Incoming:
    """`before`: whom it is an update of, with what links. `strict`: refuse extensions that would be ignored.

    Raises ResourceInvalid, ElementNotSupported.
    """
    check_type(resource, "Patient")
    check_fhir(resource)
    found = shaped(resource, KNOWN_EXTENSIONS)
    lost = [*found.lost, *(found.ignored if strict else ())]
    if lost:
        errors = [FieldError("not-supported", "would be lost here", pointer=pointer) for pointer in lost]
        raise ElementNotSupported("The registry does not keep all of this.", errors=errors)
    _check_registrys_own(resource, before, known_links)
    return Incoming(_record(resource, before), tuple(found.ignored))


def read_probe(resource: Mapping[str, Any]) -> PatientRecord:
    """A Patient to look for: what is not kept is passed over, what could change its meaning is refused.

    That is PDQm's MatchInputPatient. Raises ResourceInvalid, ElementNotSupported.
    """
    check_type(resource, "Patient")
    check_fhir(resource)
    lost = shaped(resource, KNOWN_EXTENSIONS).lost
    modifiers = [each for each in lost if each.rpartition("/")[2] in {"modifierExtension", "implicitRules"}]
    if modifiers:
        errors = [FieldError("not-supported", "not understood", pointer=each) for each in modifiers]
        raise ElementNotSupported(errors=errors)
    compared = {name: value for name, value in resource.items() if name not in {"meta", "maritalStatus"}}
    return _record(compared, None)


def check_type(resource: Mapping[str, Any], wanted: str) -> None:
    if resource.get("resourceType") != wanted:
        error = FieldError("type", f"must be {wanted}", pointer="/resourceType")
        raise ResourceInvalid(f"A {wanted} is needed.", errors=(error,))


def check_fhir(resource: Mapping[str, Any]) -> None:
    """Against FHIR's own definition of the resource, and its JSON: what is not said is not there."""
    if (null := _null_in(resource, "")) is not None:
        error = FieldError("structure", "must not be null", pointer=null)
        raise ResourceInvalid("The resource breaks FHIR's rules.", errors=(error,))
    # Half a hundred modules of models, which only those need who send FHIR.
    from fhir.resources.R4B.patient import Patient as PatientModel  # noqa: PLC0415  see above

    try:
        PatientModel.model_validate(resource)
    except ValidationError as error:
        raise ResourceInvalid(
            "The resource breaks FHIR's rules.", errors=invalid_body(error).errors
        ) from None


def _null_in(value: Any, pointer: str) -> str | None:
    """Where there is one: the models let them pass."""
    if value is None:
        return pointer
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = (_null_in(part, f"{pointer}/{name}") for name, part in parts)
    return next((each for each in found if each is not None), None)


def _record(resource: Mapping[str, Any], before: Patient | None) -> PatientRecord:
    refusals = Refusals()
    document = _document(resource, refusals) | _flags(resource, before, refusals)
    if refusals.errors:
        raise ElementNotSupported("The registry does not keep all of this.", errors=refusals.errors)
    try:
        # From JSON, because only there are strict types and lists for tuples had together.
        return PatientRecord.model_validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        errors = [
            FieldError(each.code, each.detail, pointer=fhir_pointer(each.pointer or ""))
            for each in invalid_body(error).errors
        ]
        raise ResourceInvalid(errors=errors) from None


def _document(resource: Mapping[str, Any], refusals: Refusals) -> Element:
    extensions = {each.get("url"): each for each in resource.get("extension", ())}
    unknown = extensions.get(systems.UNKNOWN_IDENTITY, {}).get("valueCodeableConcept", {})
    codes = {coding.get("code") for coding in unknown.get("coding", ())}
    status = resource.get("maritalStatus")
    identity = extensions.get(systems.GENDER_IDENTITY, {}).get("valueCodeableConcept")
    identified = [
        part_of("identifier", each, f"/identifier/{position}", refusals)
        for position, each in enumerate(resource.get("identifier", ()))
        if each.get("system") not in OWN_SYSTEMS
    ]
    return drop_empty(
        {
            **parts_of(resource, refusals),
            "identifiers": identified,
            "gender": resource.get("gender"),
            "birth_date": resource.get("birthDate"),
            "deceased": resource.get("deceasedBoolean", "deceasedDateTime" in resource),
            "deceased_at": resource.get("deceasedDateTime"),
            "multiple_birth": resource.get("multipleBirthInteger", resource.get("multipleBirthBoolean")),
            "marital_status": status and part_of("concept", status, "/maritalStatus", refusals),
            "gender_identity": identity and part_of("concept", identity, "/extension", refusals),
            "mothers_maiden_name": extensions.get(systems.MOTHERS_MAIDEN_NAME, {}).get("valueString"),
            "active": resource.get("active", True),
            "unidentified": "unknown" in codes,
            "newborn": extensions.get(systems.NEWBORN, {}).get("valueBoolean", False),
        }
    )


def _flags(resource: Mapping[str, Any], before: Patient | None, refusals: Refusals) -> Element:
    meta = resource.get("meta", {})
    labels = _codes(meta.get("security", ()), systems.CONFIDENTIALITY, {"R", "N"}, "/meta/security", refusals)
    tags = _codes(meta.get("tag", ()), systems.ACT_REASON, {"HTEST"}, "/meta/tag", refusals)
    kept = before.record if before else None
    return {
        "restricted": "R" in labels if labels else bool(kept and kept.restricted),
        "test": bool(tags) or bool(kept and kept.test),
    }


def _codes(
    codings: Sequence[Mapping[str, Any]], system: str, known: set[str], pointer: str, refusals: Refusals
) -> set[str]:
    codes = set()
    for position, coding in enumerate(codings):
        code = coding.get("code")
        if coding.get("system") != system or code not in known:
            refusals.refuse(f"{pointer}/{position}", "only " + ", ".join(sorted(known)) + f" of {system}")
        else:
            codes.add(str(code))
    return codes


def _check_registrys_own(
    resource: Mapping[str, Any], before: Patient | None, known_links: Sequence[Element]
) -> None:
    """What the registry gives out comes back as it was, or not at all."""
    allowed = {(each["system"], each["value"]) for each in identifiers(before)} if before else set()
    errors = [
        FieldError("mrn", "the registry gives these out itself", pointer=f"/identifier/{position}")
        for position, each in enumerate(resource.get("identifier", ()))
        if each.get("system") in OWN_SYSTEMS and (each["system"], each.get("value")) not in allowed
    ]
    known = {_ends(link) for link in known_links}
    errors += [
        FieldError("not-supported", "links are made with $merge", pointer=f"/link/{position}")
        for position, link in enumerate(resource.get("link", ()))
        if _ends(link) not in known
    ]
    if errors:
        raise ResourceInvalid(errors=errors)


def _ends(link: Mapping[str, Any]) -> tuple[Any, Any]:
    return link.get("type"), link.get("other", {}).get("reference")
