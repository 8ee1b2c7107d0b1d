"""One value of an openEHR entry as elements of a FHIR R4 Observation, or of one of its components.

Whatever a value says beyond its magnitude, unit, bounds and normal status, or term, has no place there
(accuracy, an approximation, other reference ranges, mappings, a bound that is not inclusive): then it is not
mapped.
"""

from collections.abc import Mapping
from typing import Any, Final

from openward_contracts.fhir_view import MappedCoding, MappedExtension, MappedValue
from openward_openehr.recorded.model import Value

Json = Mapping[str, Any]
Element = dict[str, Any]

UCUM: Final = "http://unitsofmeasure.org"
_INTERPRETATIONS: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
_ABSENCES: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"

_COMMON: Final = {"_type", "precision", "normal_range", "normal_status"}
_QUANTITY: Final = _COMMON | {"magnitude", "units", "magnitude_status"}
_PROPORTION: Final = _COMMON | {"numerator", "denominator", "type", "magnitude_status"}
_CODED: Final = {"_type", "value", "defining_code"}
_INTERVAL: Final = {
    *("_type", "lower", "upper", "lower_included", "upper_included", "lower_unbounded", "upper_unbounded")
}
_BOUND: Final = {"_type", "magnitude", "units", "precision"}
_PERCENT: Final = 2
_COMPARATORS: Final = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
#: openEHR's code group `normal statuses`; HHH and LLL are HL7's no more.
_STATUSES: Final = {"N", "L", "H", "LL", "HH"}
#: openEHR's code group `null flavours`; `no information` says less than any reason of FHIR's.
_REASONS: Final = {"253": "unknown", "272": "masked", "273": "not-applicable"}


class Unmapped(Exception):  # noqa: N818  named for what the value is
    """Something of the value has no place in FHIR, or none in the mapping."""


def coding(mapped: MappedCoding) -> Element:
    return mapped.model_dump(exclude_none=True)


def elements(value: Value, mapped: MappedValue) -> Element:
    """Raises Unmapped."""
    if value.rm_type == "ELEMENT":
        return {"dataAbsentReason": _absence(value)}
    content = value.content
    if not isinstance(content, Mapping) or value.cut:
        raise Unmapped
    if value.rm_type == "DV_CODED_TEXT":
        return {"valueCodeableConcept": _concept(value, content, mapped)}
    if value.rm_type == "DV_QUANTITY":
        return _measured(content, content.get("magnitude"), content.get("units"), mapped, _QUANTITY)
    if value.rm_type == "DV_PROPORTION" and content.get("type") == _PERCENT:
        return _measured(content, content.get("numerator"), "%", mapped, _PROPORTION)
    raise Unmapped


def extension(value: Value, mapped: MappedExtension) -> Element:
    """An extension has no place for why its value is absent. Raises Unmapped."""
    if value.rm_type != "DV_CODED_TEXT" or not isinstance(value.content, Mapping):
        raise Unmapped
    return {"url": mapped.url, "valueCodeableConcept": _concept(value, value.content, mapped)}


def _absence(value: Value) -> Element:
    flavour = value.null_flavour
    if flavour is None or flavour.terminology != "openehr" or flavour.code not in _REASONS:
        raise Unmapped
    return {"coding": [{"system": _ABSENCES, "code": _REASONS[flavour.code]}]}


def _concept(value: Value, content: Json, mapped: MappedValue) -> Element:
    _check(content, _CODED)
    if len(value.codes) != 1:
        raise Unmapped
    [code] = value.codes
    term = mapped.terms.get(f"{code.terminology}::{code.code}")
    if term is None:
        raise Unmapped
    return {"coding": [coding(term)], "text": value.text}


def _measured(content: Json, magnitude: Any, unit: Any, mapped: MappedValue, known: set[str]) -> Element:
    _check(content, known)
    found: Element = {"valueQuantity": _quantity(content, magnitude, unit, mapped)}
    if content.get("normal_status") is not None:
        found["interpretation"] = [_interpretation(content["normal_status"])]
    if content.get("normal_range") is not None:
        found["referenceRange"] = [_range(content["normal_range"], unit, mapped)]
    return found


def _quantity(content: Json, magnitude: Any, unit: Any, mapped: MappedValue) -> Element:
    code = mapped.units.get(unit) if isinstance(unit, str) else None
    status = content.get("magnitude_status") or "="
    if code is None or not isinstance(magnitude, int | float) or isinstance(magnitude, bool):
        raise Unmapped
    found: Element = {"value": _number(magnitude)}
    if status != "=":
        if status not in _COMPARATORS:
            raise Unmapped
        found["comparator"] = _COMPARATORS[status]
    return found | {"unit": unit, "system": UCUM, "code": code}


def _number(magnitude: float) -> int | float:
    """EHRbase gives whole numbers as `120.0`, too: the digit is nobody's statement."""
    return int(magnitude) if float(magnitude).is_integer() else magnitude


def _interpretation(status: Any) -> Element:
    code = status.get("code_string") if isinstance(status, Mapping) else None
    if code not in _STATUSES:
        raise Unmapped
    return {"coding": [{"system": _INTERPRETATIONS, "code": code}]}


def _range(interval: Any, unit: Any, mapped: MappedValue) -> Element:
    if not isinstance(interval, Mapping):
        raise Unmapped
    _check(interval, _INTERVAL)
    bounds = {"low": ("lower", "lower_included"), "high": ("upper", "upper_included")}
    found = {}
    for name, (bound, included) in bounds.items():
        if (limit := interval.get(bound)) is None:
            continue
        if not isinstance(limit, Mapping) or interval.get(included, True) is not True:
            raise Unmapped
        _check(limit, _BOUND)
        found[name] = _quantity({}, limit.get("magnitude"), limit.get("units", unit), mapped)
    if not found:
        raise Unmapped
    return found


def _check(content: Json, known: set[str]) -> None:
    if any(name not in known and value is not None for name, value in content.items()):
        raise Unmapped
