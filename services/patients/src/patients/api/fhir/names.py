"""Where something is: fields of a record, elements of a Patient, and FHIRPath."""

import re
from typing import Final

_ELEMENTS: Final = {
    "names": "name",
    "identifiers": "identifier",
    "telecoms": "telecom",
    "addresses": "address",
    "contacts": "contact",
    "communications": "communication",
    "general_practitioners": "generalPractitioner",
    "birth_date": "birthDate",
    "postal_code": "postalCode",
    "multiple_birth": "multipleBirthInteger",
    "marital_status": "maritalStatus",
    "deceased_at": "deceasedDateTime",
    "deceased": "deceasedBoolean",
    "gender_identity": "extension",
    "mothers_maiden_name": "extension",
    "unidentified": "extension",
    "newborn": "extension",
    "restricted": "meta",
    "test": "meta",
}
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}", re.ASCII)


def fhir_pointer(pointer: str) -> str:
    """A JSON pointer into a record, as one into the Patient."""
    return "/".join(_ELEMENTS.get(part, part) for part in pointer.split("/"))


def fhir_path(pointer: str) -> str | None:
    """A JSON pointer into a record or a Patient as FHIRPath, `Patient.name[0].family`; None if it is none.

    A name that is no element's is the sender's own text: the path ends before it.
    """
    path = "Patient"
    for part in fhir_pointer(pointer).split("/")[1:]:
        if part.isdecimal():
            path += f"[{part}]"
        elif _NAME.fullmatch(part):
            path += f".{part}"
        else:
            return path
    return path
