"""A FHIR R4 Patient as the document of a record, made for speed: dictionaries in, dictionaries out.

What the registry has no place for is named, not dropped in silence; what FHIR forbids to ignore refuses the
line (modifier extensions and implicit rules: R4, 2.36.1). What the record checks itself is not checked here.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

MOTHERS_MAIDEN_NAME: Final = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"
GENDER_IDENTITY: Final = "http://hl7.org/fhir/StructureDefinition/patient-genderIdentity"

#: Confidentiality (v3) of records that not everybody may see.
_RESTRICTED: Final = frozenset({"R", "V"})
_TEST: Final = "HTEST"
#: Made of the rest, or the sender's own: nothing of the person is lost with them.
_OF_THE_RESOURCE: Final = frozenset({"resourceType", "id", "meta", "text", "language"})
_OF_AN_ELEMENT: Final = frozenset({"id"})
_MODIFIERS: Final = frozenset({"modifierExtension", "implicitRules"})

_POINTERS: Final = {
    "names": "name",
    "identifiers": "identifier",
    "telecoms": "telecom",
    "addresses": "address",
    "contacts": "contact",
    "communications": "communication",
    "general_practitioners": "generalPractitioner",
    "birth_date": "birthDate",
    "postal_code": "postalCode",
    "deceased_at": "deceasedDateTime",
    "deceased": "deceasedBoolean",
    "multiple_birth": "multipleBirthInteger",
    "marital_status": "maritalStatus",
}

Document = dict[str, Any]


class ElementRefused(Exception):  # noqa: N818  named for what happened
    """`pointer` says what cannot be taken, `code` and `detail` why."""

    def __init__(self, pointer: str, code: str, detail: str) -> None:
        super().__init__(code)
        self.pointer = pointer
        self.code = code
        self.detail = detail


def document(resource: Any, not_kept: set[str]) -> Document:
    """The record's document; adds to `not_kept` what has no place there, as pointers without positions.

    Raises ElementRefused.
    """
    if not isinstance(resource, dict) or resource.get("resourceType") != "Patient":
        raise ElementRefused("/resourceType", "not-a-patient", "must be a FHIR Patient")
    found: Document = {}
    for name, value in resource.items():
        convert = _ELEMENTS.get(name)
        if convert is not None:
            convert(value, found, not_kept)
        elif name in _MODIFIERS:
            raise ElementRefused(f"/{name}", "modifier", "would change what the rest means")
        elif name not in _OF_THE_RESOURCE:
            not_kept.add(f"/{name}")
    _add_security(resource.get("meta"), found)
    return found


def pointer(record_pointer: str) -> str:
    """Where the resource has what the record has there."""
    return "/".join(_POINTERS.get(part, part) for part in record_pointer.split("/"))


def _add_security(meta: Any, found: Document) -> None:
    for label in _objects(meta, "security"):
        if label.get("code") in _RESTRICTED:
            found["restricted"] = True
        if label.get("code") == _TEST:
            found["test"] = True
    if any(tag.get("code") == _TEST for tag in _objects(meta, "tag")):
        found["test"] = True


def _objects(parent: Any, name: str) -> list[Document]:
    children = parent.get(name) if isinstance(parent, dict) else None
    return [each for each in children if isinstance(each, dict)] if isinstance(children, list) else []


_Convert = Callable[[Any, str, set[str]], Any]


def _as_it_is(value: Any, _pointer: str, _not_kept: set[str]) -> Any:
    return value


def _object(elements: dict[str, tuple[str, _Convert]]) -> _Convert:
    """Of an object with these elements: the record's name of each, and what its value becomes."""

    def convert(value: Any, pointer: str, not_kept: set[str]) -> Any:
        if not isinstance(value, dict):
            return value  # the record says what it should be
        found = {}
        for name, child in value.items():
            if name in elements:
                target, inner = elements[name]
                found[target] = child if inner is _as_it_is else inner(child, f"{pointer}/{name}", not_kept)
            elif name in _MODIFIERS:
                raise ElementRefused(f"{pointer}/{name}", "modifier", "would change what the rest means")
            elif name not in _OF_AN_ELEMENT:
                not_kept.add(f"{pointer}/{name}")
        return found

    return convert


def _each(convert: _Convert) -> _Convert:
    def convert_all(value: Any, pointer: str, not_kept: set[str]) -> Any:
        if not isinstance(value, list):
            return value
        return [convert(each, pointer, not_kept) for each in value]

    return convert_all


def _same(names: Iterable[str]) -> dict[str, tuple[str, _Convert]]:
    return {name: (name, _as_it_is) for name in names}


def _day(value: Any, _pointer: str, _not_kept: set[str]) -> Any:
    """Periods of the record are of days; FHIR's may be of moments."""
    return value.partition("T")[0] if isinstance(value, str) else value


def _codings(value: Any, pointer: str, not_kept: set[str]) -> list[Any]:
    """The codings of a CodeableConcept that have a code; a concept of text only has none."""
    found = [each for each in _objects(value, "coding") if "code" in each]
    if not found:
        not_kept.add(f"{pointer}/text")
    return [_CODING(each, f"{pointer}/coding", not_kept) for each in found]


def _first_coding(value: Any, pointer: str, not_kept: set[str]) -> Any:
    codings = _codings(value, pointer, not_kept)
    if len(codings) > 1:
        not_kept.add(f"{pointer}/coding")
    return codings[0] if codings else None


def _relationships(value: Any, pointer: str, not_kept: set[str]) -> Any:
    concepts = value if isinstance(value, list) else []
    return [coding for each in concepts for coding in _codings(each, pointer, not_kept)]


def _language(value: Any, pointer: str, not_kept: set[str]) -> Any:
    coding = _first_coding(value, pointer, not_kept)
    return coding.get("code") if isinstance(coding, dict) else None


def _assigner(value: Any, pointer: str, not_kept: set[str]) -> Any:
    if not isinstance(value, dict):
        return value
    not_kept.update(f"{pointer}/{name}" for name in value.keys() - {"display"})
    return value.get("display")


def _practitioners(value: Any, found: Document, not_kept: set[str]) -> None:
    """A reference alone says who only to the server that it is of."""
    references = value if isinstance(value, list) else []
    converted = [_PRACTITIONER(each, "/generalPractitioner", not_kept) for each in references]
    found["general_practitioners"] = [each for each in converted if each]


def _extensions(value: Any, found: Document, not_kept: set[str]) -> None:
    for extension in value if isinstance(value, list) else ():
        url = extension.get("url") if isinstance(extension, dict) else None
        if url == MOTHERS_MAIDEN_NAME and "valueString" in extension:
            found["mothers_maiden_name"] = extension["valueString"]
        elif url == GENDER_IDENTITY and "valueCodeableConcept" in extension:
            concept = extension["valueCodeableConcept"]
            found["gender_identity"] = _first_coding(concept, "/extension/valueCodeableConcept", not_kept)
        else:
            not_kept.add("/extension")


def _deceased(value: Any, found: Document, _not_kept: set[str]) -> None:
    found["deceased"] = value


def _deceased_at(value: Any, found: Document, _not_kept: set[str]) -> None:
    found["deceased"], found["deceased_at"] = True, value


def _element(target: str, convert: _Convert, pointer: str) -> Callable[[Any, Document, set[str]], None]:
    def add(value: Any, found: Document, not_kept: set[str]) -> None:
        found[target] = convert(value, pointer, not_kept)

    return add


def _name(value: Any, pointer: str, not_kept: set[str]) -> Any:
    """`text` is made of the parts, where there are parts."""
    if isinstance(value, dict) and "text" in value and ("family" in value or "given" in value):
        value = {name: child for name, child in value.items() if name != "text"}
    return _NAMED(value, pointer, not_kept)


_PERIOD = _object({"start": ("start", _day), "end": ("end", _day)})
_CODING = _object(_same(("system", "code", "display")))
_NAMED = _object(_same(("use", "family", "given", "prefix", "suffix")) | {"period": ("period", _PERIOD)})
_TELECOM = _object(_same(("system", "value", "use", "rank")) | {"period": ("period", _PERIOD)})
_ADDRESS = _object(
    _same(("use", "type", "text", "line", "city", "district", "state", "country"))
    | {"postalCode": ("postal_code", _as_it_is), "period": ("period", _PERIOD)}
)
_IDENTIFIER = _object(
    _same(("use", "system", "value"))
    | {
        "type": ("type", _first_coding),
        "period": ("period", _PERIOD),
        "assigner": ("assigner", _assigner),
    }
)
_CONTACT = _object(
    _same(("gender",))
    | {
        "relationship": ("relationship", _relationships),
        "name": ("name", _name),
        "telecom": ("telecoms", _each(_TELECOM)),
        "address": ("address", _ADDRESS),
        "period": ("period", _PERIOD),
    }
)
_COMMUNICATION = _object({"language": ("language", _language), **_same(("preferred",))})
_PRACTITIONER = _object({"identifier": ("identifier", _IDENTIFIER), **_same(("display",))})

_ELEMENTS: Final[dict[str, Callable[[Any, Document, set[str]], None]]] = {
    "name": _element("names", _each(_name), "/name"),
    "identifier": _element("identifiers", _each(_IDENTIFIER), "/identifier"),
    "telecom": _element("telecoms", _each(_TELECOM), "/telecom"),
    "address": _element("addresses", _each(_ADDRESS), "/address"),
    "contact": _element("contacts", _each(_CONTACT), "/contact"),
    "communication": _element("communications", _each(_COMMUNICATION), "/communication"),
    "gender": _element("gender", _as_it_is, "/gender"),
    "birthDate": _element("birth_date", _as_it_is, "/birthDate"),
    "active": _element("active", _as_it_is, "/active"),
    "multipleBirthInteger": _element("multiple_birth", _as_it_is, "/multipleBirthInteger"),
    "multipleBirthBoolean": _element("multiple_birth", _as_it_is, "/multipleBirthBoolean"),
    "maritalStatus": _element("marital_status", _first_coding, "/maritalStatus"),
    "deceasedBoolean": _deceased,
    "deceasedDateTime": _deceased_at,
    "generalPractitioner": _practitioners,
    "extension": _extensions,
}
