"""The datatypes of FHIR as parts of a record: other names, and fewer ways to say a thing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from openward_servicekit.errors import FieldError

from patients.api.fhir.systems import BCP_47

Element = dict[str, Any]


@dataclass
class Refusals:
    """Values that have a place in FHIR and none in a record."""

    errors: list[FieldError] = field(default_factory=list)

    def refuse(self, pointer: str, expected: str) -> None:
        self.errors.append(FieldError("not-supported", expected, pointer=pointer))


Reader = Callable[[Mapping[str, Any], str, Refusals], Any]


def drop_empty(element: Mapping[str, Any]) -> Element:
    return {name: value for name, value in element.items() if value not in (None, [], {})}


def part_of(kind: str, element: Mapping[str, Any], pointer: str, refusals: Refusals) -> Any:
    """`kind`: a name of `_READERS`."""
    return _READERS[kind](element, pointer, refusals)


def parts_of(resource: Mapping[str, Any], refusals: Refusals) -> Element:
    """The lists of a Patient that are lists of a record."""
    return {
        field_name: [
            _READERS[kind](each, f"/{element}/{position}", refusals)
            for position, each in enumerate(resource.get(element, ()))
        ]
        for field_name, element, kind in _LISTS
    }


_LISTS: Final = (
    ("names", "name", "name"),
    ("telecoms", "telecom", "telecom"),
    ("addresses", "address", "address"),
    ("contacts", "contact", "contact"),
    ("communications", "communication", "communication"),
    ("general_practitioners", "generalPractitioner", "practitioner"),
)


def _picked(element: Mapping[str, Any], *names: str) -> Element:
    return {name: element.get(name) for name in names}


def _period(element: Mapping[str, Any] | None) -> Element | None:
    """Days: what FHIR says of the time of day is passed over."""
    if element is None:
        return None
    days = {end: str(element[end]).partition("T")[0] for end in ("start", "end") if end in element}
    return days or None


def _concept(element: Mapping[str, Any], pointer: str, refusals: Refusals) -> Element | None:
    """One coding; its display, or where it has none the text, which only shows the coding."""
    codings = element.get("coding", ())
    if len(codings) != 1 or "code" not in codings[0]:
        refusals.refuse(f"{pointer}/coding", "exactly one coding with a code")
        return None
    coding = drop_empty(_picked(codings[0], "system", "code", "display"))
    if "text" in element:
        coding.setdefault("display", element["text"])
    return coding


def _name(element: Mapping[str, Any], pointer: str, refusals: Refusals) -> Element:
    """`text` shows the name and is not kept; by itself it would be lost."""
    if "text" in element and not ("family" in element or "given" in element):
        refusals.refuse(f"{pointer}/text", "a name in parts")
    name = _picked(element, "use", "family", "given", "prefix", "suffix")
    return drop_empty(name | {"period": _period(element.get("period"))})


def _telecom(element: Mapping[str, Any], _pointer: str, _refusals: Refusals) -> Element:
    telecom = _picked(element, "system", "value", "use", "rank")
    return drop_empty(telecom | {"period": _period(element.get("period"))})


def _address(element: Mapping[str, Any], _pointer: str, _refusals: Refusals) -> Element:
    address = _picked(element, "use", "type", "text", "line", "city", "district", "state", "country")
    address["postal_code"] = element.get("postalCode")
    return drop_empty(address | {"period": _period(element.get("period"))})


def _identifier(element: Mapping[str, Any], pointer: str, refusals: Refusals) -> Element:
    concept = element.get("type")
    return drop_empty(
        {
            **_picked(element, "system", "value", "use"),
            "type": concept and _concept(concept, f"{pointer}/type", refusals),
            "period": _period(element.get("period")),
            "assigner": element.get("assigner", {}).get("display"),
        }
    )


def _contact(element: Mapping[str, Any], pointer: str, refusals: Refusals) -> Element:
    name, address = element.get("name"), element.get("address")
    relationships = enumerate(element.get("relationship", ()))
    telecoms = enumerate(element.get("telecom", ()))
    return drop_empty(
        {
            "relationship": [_concept(e, f"{pointer}/relationship/{n}", refusals) for n, e in relationships],
            "name": name and _name(name, f"{pointer}/name", refusals),
            "telecoms": [_telecom(e, f"{pointer}/telecom/{n}", refusals) for n, e in telecoms],
            "address": address and _address(address, f"{pointer}/address", refusals),
            "gender": element.get("gender"),
            "period": _period(element.get("period")),
        }
    )


def _communication(element: Mapping[str, Any], pointer: str, refusals: Refusals) -> Element:
    codings = element.get("language", {}).get("coding", ())
    if len(codings) != 1 or codings[0].get("system") != BCP_47 or "code" not in codings[0]:
        refusals.refuse(f"{pointer}/language/coding", f"exactly one coding of {BCP_47}")
        return {}
    return drop_empty({"language": codings[0]["code"], "preferred": element.get("preferred")})


def _practitioner(element: Mapping[str, Any], pointer: str, refusals: Refusals) -> Element:
    identifier = element.get("identifier")
    return drop_empty(
        {
            "identifier": identifier and _identifier(identifier, f"{pointer}/identifier", refusals),
            "display": element.get("display"),
        }
    )


_READERS: Final[Mapping[str, Reader]] = {
    "identifier": _identifier,
    "concept": _concept,
    "name": _name,
    "telecom": _telecom,
    "address": _address,
    "contact": _contact,
    "communication": _communication,
    "practitioner": _practitioner,
}
