"""Which elements of a Patient the registry keeps.

An element beside these would be lost, so it is refused (`not-supported`, 422). Two kinds are taken and not
kept: what only shows the rest (`text`, `language`, a name's and a concept's `text`, ids of elements), and
extensions that FHIR lets a reader ignore, of which the caller is told (`Shaped.ignored`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Shape = Mapping[str, "Shape | None"]
"""Element names; None where the whole value is taken or passed over as it is."""

_PERIOD: Final[Shape] = {"start": None, "end": None}
_CODING: Final[Shape] = {"system": None, "code": None, "display": None}
_CONCEPT: Final[Shape] = {"coding": _CODING, "text": None}
_NAME: Final[Shape] = {
    **dict.fromkeys(("use", "text", "family", "given", "prefix", "suffix")),
    "period": _PERIOD,
}
_TELECOM: Final[Shape] = {**dict.fromkeys(("system", "value", "use", "rank")), "period": _PERIOD}
_ADDRESS: Final[Shape] = {
    **dict.fromkeys(("use", "type", "text", "line", "city", "district", "state", "postalCode", "country")),
    "period": _PERIOD,
}
_IDENTIFIER: Final[Shape] = {
    **dict.fromkeys(("use", "system", "value")),
    "type": _CONCEPT,
    "period": _PERIOD,
    "assigner": {"display": None},
}
_META: Final[Shape] = {
    **dict.fromkeys(("versionId", "lastUpdated", "source", "profile")),
    "security": _CODING,
    "tag": _CODING,
}
PATIENT: Final[Shape] = {
    **dict.fromkeys(("resourceType", "id", "text", "language")),
    "meta": _META,
    "identifier": _IDENTIFIER,
    **dict.fromkeys(("active", "gender", "birthDate", "deceasedBoolean", "deceasedDateTime")),
    "name": _NAME,
    "telecom": _TELECOM,
    "address": _ADDRESS,
    **dict.fromkeys(("multipleBirthInteger", "multipleBirthBoolean")),
    "maritalStatus": _CONCEPT,
    "contact": {
        "relationship": _CONCEPT,
        "name": _NAME,
        "telecom": _TELECOM,
        "address": _ADDRESS,
        "gender": None,
        "period": _PERIOD,
    },
    "communication": {"language": _CONCEPT, "preferred": None},
    "generalPractitioner": {"identifier": _IDENTIFIER, "display": None},
    "link": {
        "type": None,
        "other": {"reference": None, "type": None, "identifier": _IDENTIFIER, "display": None},
    },
}


@dataclass
class Shaped:
    """JSON pointers: of elements that would be lost, and of extensions that are ignored."""

    lost: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def shaped(resource: Mapping[str, Any], known_extensions: frozenset[str]) -> Shaped:
    """`known_extensions`: URLs that are kept, on the Patient itself."""
    found = Shaped()
    for position, extension in enumerate(resource.get("extension", ())):
        if extension.get("url") not in known_extensions:
            found.ignored.append(f"/extension/{position}")
    for name, value, pointer in _members(resource, ""):
        if name != "extension":
            _look(name, value, PATIENT, pointer, found)
    return found


def _look(name: str, value: Any, shape: Shape, pointer: str, found: Shaped) -> None:
    if name == "extension" or (name.startswith("_") and name[1:] in shape):
        found.ignored.append(pointer)
    elif name == "id" and shape is not PATIENT:
        return
    elif name not in shape:
        found.lost.append(pointer)
    elif (inner := shape[name]) is not None:
        for part, at in _parts(value, pointer):
            for member, member_value, member_at in _members(part, at):
                _look(member, member_value, inner, member_at, found)


def _parts(value: Any, pointer: str) -> Iterator[tuple[Any, str]]:
    if isinstance(value, list):
        yield from ((part, f"{pointer}/{position}") for position, part in enumerate(value))
    else:
        yield value, pointer


def _members(part: Mapping[str, Any], pointer: str) -> Iterator[tuple[str, Any, str]]:
    for name, value in part.items():
        yield name, value, f"{pointer}/{name}"
