"""DATA_VALUEs of canonical JSON as a person reads them; whatever else stands in their place is told too."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from openward_openehr.recorded.cutting import beginning
from openward_openehr.recorded.model import Code
from openward_openehr.recorded.numbers import duration_text, number, number_text

Json = Mapping[str, Any]
_STATUSES: Final = {"<": "< ", ">": "> ", "<=": "<= ", ">=": ">= ", "~": "~ "}
_RATIO, _UNITARY, _PERCENT, _FRACTION, _MIXED = range(5)
_LONGEST_ODD: Final = 200


class Told(NamedTuple):
    """`magnitude` in `units`."""

    text: str
    magnitude: float | None = None
    units: str | None = None
    codes: tuple[Code, ...] = ()


def told(value: Any) -> Told:
    """Of any data value, and of what is none."""
    if not isinstance(value, dict):
        return Told(_odd(value))
    describe = _DESCRIBED.get(_kind(value))
    return describe(value) if describe else Told(_odd(value))


def rm_type_of(value: Any) -> str:
    """Of an interval with what it is of: `DV_INTERVAL<DV_COUNT>`. Empty of what does not tell."""
    kind = _kind(value)
    if kind == "DV_INTERVAL":
        bound = _kind(value.get("lower")) or _kind(value.get("upper"))
        return f"{kind}<{bound}>" if bound else kind
    return kind


def content_of(value: Any) -> Json | None:
    """Without the bytes of multimedia."""
    if not isinstance(value, dict):
        return None
    return _without_bytes(value) if "data" in value or "thumbnail" in value else value


def normal_range(value: Json, units: str | None) -> tuple[float | None, float | None] | None:
    """None too if it is in other units than the value."""
    given = value.get("normal_range")
    if not isinstance(given, dict):
        return None
    lower, upper = (told(each) if each else None for each in (given.get("lower"), given.get("upper")))
    bounds = [each for each in (lower, upper) if each and each.magnitude is not None]
    if not bounds or any(each.units != units for each in bounds):
        return None
    return (lower.magnitude if lower else None, upper.magnitude if upper else None)


def code_of(phrase: Any, text: str | None = None) -> Code | None:
    """Of a CODE_PHRASE; the version of a terminology is left out (`SNOMED-CT(2020)`)."""
    if not isinstance(phrase, dict) or not (code := said(phrase, "code_string")):
        return None
    terminology = said(phrase.get("terminology_id"), "value").partition("(")[0]
    return Code(terminology, code, text or said(phrase, "preferred_term") or None)


def coded(value: Any) -> Code | None:
    """Of a DV_CODED_TEXT."""
    return code_of(value.get("defining_code"), said(value, "value")) if isinstance(value, dict) else None


def said(holder: Any, attribute: str) -> str:
    """A scalar attribute as text; empty if there is none. Of a string that was cut the beginning, and `…`."""
    value = holder.get(attribute) if isinstance(holder, dict) else None
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return beginning(value)
    return "" if value is None or isinstance(value, list) else _odd(value)


def _kind(value: Any) -> str:
    kind = value.get("_type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else ""


def _text(value: Json) -> Told:
    if "defining_code" not in value and "mappings" not in value:
        return Told(said(value, "value"))
    return Told(said(value, "value"), codes=tuple(_codes(value)))


def _codes(value: Json) -> Iterator[Code]:
    """Its own first, then those that it is mapped to."""
    if own := coded(value):
        yield own
    mappings = value.get("mappings")
    for mapping in mappings if isinstance(mappings, list) else ():
        if isinstance(mapping, dict) and (code := code_of(mapping.get("target"))):
            yield code


def _quantity(value: Json) -> Told:
    units = said(value, "units")
    shown = said(value, "units_display_name") or units
    magnitude = number(value.get("magnitude"))
    return Told(_amount(value, magnitude, "" if shown == "1" else shown), magnitude, units or None)


def _count(value: Json) -> Told:
    magnitude = number(value.get("magnitude"))
    return Told(_amount(value, magnitude, ""), magnitude)


def _amount(value: Json, magnitude: float | None, units: str) -> str:
    places = value.get("precision")
    is_whole = isinstance(value.get("magnitude"), int) and places is None  # maybe beyond what floats hold
    shown = said(value, "magnitude") if magnitude is None or is_whole else number_text(magnitude, places)
    accuracy = number(value.get("accuracy"))
    margin = f" ± {number_text(accuracy)}" if accuracy and accuracy > 0 else ""
    if margin and value.get("accuracy_is_percent") is True:
        margin += " %"
    return f"{_status(value)}{shown}{margin}{' ' if units else ''}{units}"


def _status(value: Json) -> str:
    return _STATUSES.get(said(value, "magnitude_status"), "")


def _proportion(value: Json) -> Told:
    """A percentage is its numerator in `%`, all others numerator by denominator."""
    numerator, denominator = number(value.get("numerator")), number(value.get("denominator"))
    if numerator is None or denominator is None:
        return Told(f"{said(value, 'numerator')}/{said(value, 'denominator')}")
    kind = number(value.get("type"))
    over, under = (number_text(each, value.get("precision")) for each in (numerator, denominator))
    if kind == _PERCENT:
        return Told(f"{_status(value)}{over} %", numerator, "%")
    shown = over if kind == _UNITARY else f"{over}:{under}" if kind == _RATIO else f"{over}/{under}"
    if kind == _MIXED and 0 < denominator < numerator:
        whole, rest = divmod(numerator, denominator)
        shown = f"{number_text(whole)} {number_text(rest)}/{under}" if rest else number_text(whole)
    return Told(_status(value) + shown, number(numerator / denominator) if denominator else None)


def _ordinal(value: Json) -> Told:
    """Of a DV_ORDINAL or DV_SCALE: what its symbol says, and its number."""
    symbol, magnitude = value.get("symbol"), number(value.get("value"))
    of_symbol = _text(symbol) if isinstance(symbol, dict) else Told("")
    shown = said(value, "value") if magnitude is None else number_text(magnitude)
    text = f"{of_symbol.text} ({shown})" if of_symbol.text else shown
    return Told(text, magnitude, codes=of_symbol.codes)


def _interval(value: Json) -> Told:
    lower, upper = (_bound(value.get(name)) for name in ("lower", "upper"))
    if lower and upper:
        return Told(lower if lower == upper else f"{lower} – {upper}")  # noqa: RUF001  an en dash is for ranges
    if lower:
        return Told(f"{'>' if value.get('lower_included') is False else '>='} {lower}")
    if upper:
        return Told(f"{'<' if value.get('upper_included') is False else '<='} {upper}")
    return Told("")


def _bound(value: Any) -> str:
    return "" if value is None or _kind(value) == "DV_INTERVAL" else told(value).text


def _multimedia(value: Json) -> Told:
    """Its type and size, and what it says for those who cannot see it."""
    size, data = number(value.get("size")), value.get("data")
    if size is None and isinstance(data, str):
        size = float(len(data.rstrip("=")) * 3 // 4)
    parts = [said(value.get("media_type"), "code_string"), f"{number_text(size)} bytes" if size else ""]
    return Told(", ".join(each for each in (said(value, "alternate_text"), *parts) if each))


def _without_bytes(value: Json) -> Json:
    kept = {name: each for name, each in value.items() if name not in ("data", "thumbnail")}
    return kept if _kind(value) == "DV_MULTIMEDIA" else value


def _identifier(value: Json) -> Told:
    told_by = ", ".join(each for name in ("type", "issuer", "assigner") if (each := said(value, name)))
    return Told(f"{said(value, 'id')} ({told_by})" if told_by else said(value, "id"))


def _paragraph(value: Json) -> Told:
    items = value.get("items")
    return Told("\n".join(said(each, "value") for each in items) if isinstance(items, list) else "")


def _wrapped(value: Json) -> Told:
    """Of what has a data value as its `value`: DV_STATE, time specifications."""
    inner = value.get("value")
    return _text(inner) if isinstance(inner, dict) else Told(_odd(inner))


def _plain(value: Json) -> Told:
    return Told(said(value, "value"))


def _moment(value: Json) -> Told:
    return Told(_status(value) + said(value, "value").replace("T", " ", 1))


def _duration(value: Json) -> Told:
    return Told(_status(value) + duration_text(said(value, "value")))


def _odd(value: Any) -> str:
    """Something for a reader of what is not known: its scalar attributes, else that it is there."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        shown = [f"{name}: {said(value, name)}" for name in value if name != "_type" and said(value, name)]
        return beginning(value) or ", ".join(shown)[:_LONGEST_ODD]
    if isinstance(value, list) or (isinstance(value, int) and value.bit_length() > _LONGEST_ODD):
        return ""
    return str(value)[:_LONGEST_ODD]


_DESCRIBED: Final[Mapping[str, Callable[[Json], Told]]] = {
    "DV_TEXT": _text,
    "DV_CODED_TEXT": _text,
    "DV_QUANTITY": _quantity,
    "DV_COUNT": _count,
    "DV_PROPORTION": _proportion,
    "DV_ORDINAL": _ordinal,
    "DV_SCALE": _ordinal,
    "DV_INTERVAL": _interval,
    "DV_DATE": _plain,
    "DV_TIME": _plain,
    "DV_DATE_TIME": _moment,
    "DV_DURATION": _duration,
    "DV_BOOLEAN": _plain,
    "DV_IDENTIFIER": _identifier,
    "DV_URI": _plain,
    "DV_EHR_URI": _plain,
    "DV_MULTIMEDIA": _multimedia,
    "DV_PARSABLE": _plain,
    "DV_PARAGRAPH": _paragraph,
    "DV_STATE": _wrapped,
    "DV_GENERAL_TIME_SPECIFICATION": _wrapped,
    "DV_PERIODIC_TIME_SPECIFICATION": _wrapped,
}
