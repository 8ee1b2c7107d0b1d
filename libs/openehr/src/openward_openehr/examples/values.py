"""A value for a leaf of a web template, within its constraints; canonical JSON."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from openward_openehr.examples import coded, moments, ranges, wording
from openward_openehr.examples import reference_model as rm
from openward_openehr.examples.dice import Dice
from openward_openehr.web_template.model import UNBOUNDED, Choice, Input, Node, Range, Validation

_PROPORTION_TYPES: Final = ("ratio", "unitary", "percent", "fraction", "integer_fraction")
_ANY_TYPE: Final = "/.*/"
_SIZE: Final = 2048


@dataclass(frozen=True, slots=True)
class Making:
    """What values depend on beside their node. `now`: of this composition, ISO 8601."""

    dice: Dice
    language: str
    now: str
    full: bool


def make(node: Node, making: Making) -> rm.Json | str:
    """Raises KeyError for a class of the reference model that has no example."""
    return _MAKERS[rm.type_of(node.rm_type)](node, making)


def known(rm_type: str) -> bool:
    return rm.type_of(rm_type) in _MAKERS


def _text(node: Node, making: Making) -> rm.Json:
    given = coded.input_of(node, None)
    if given and given.choices:
        return rm.text(making.dice.one_of(given.choices).value)
    return rm.text(making.dice.one_of(wording.sentences(making.language)))


def _coded_text(node: Node, making: Making) -> rm.Json:
    """Free text now and then, where the list is open."""
    if making.full and coded.input_of(node, "other") and making.dice.chance(1 / 4):
        return rm.text(making.dice.one_of(wording.sentences(making.language)))
    return coded.coded_text(node, making.dice)


def _code_phrase(node: Node, making: Making) -> rm.Json:
    attribute = node.aql_path.rpartition("/")[2].strip()
    if attribute == "language":
        return rm.code_phrase(wording.written_in(making.language), "ISO_639-1")
    if attribute == "territory":
        return rm.code_phrase(wording.territory(making.language), "ISO_3166-1")
    if attribute == "encoding":
        return rm.code_phrase("UTF-8", "IANA_character-sets")
    phrase: rm.Json = coded.coded_text(node, making.dice)["defining_code"]
    return phrase


def _quantity(node: Node, making: Making) -> rm.Json:
    units, number = coded.input_of(node, "unit"), coded.input_of(node, "magnitude")
    unit = making.dice.one_of(units.choices) if units and units.choices else Choice("1", "1")
    rules = [each for each in (unit.validation, number and number.validation) if each]
    within = next((each.range for each in rules if each.range), None)
    magnitude = ranges.decimal(making.dice, within, ranges.usual(unit.value), _digits(rules))
    return {"_type": "DV_QUANTITY", "magnitude": magnitude, "units": unit.value}


def _digits(rules: list[Validation]) -> int:
    precision = next((each.precision for each in rules if each.precision), None)
    most = precision.max if precision else UNBOUNDED
    return 1 if not isinstance(most, (int, float)) or most < 0 else int(most)


def _count(node: Node, making: Making) -> rm.Json:
    number = coded.input_of(node, None)
    if number and number.choices:
        return {"_type": "DV_COUNT", "magnitude": int(making.dice.one_of(number.choices).value)}
    return {"_type": "DV_COUNT", "magnitude": ranges.integer(making.dice, _range(number), (1, 6))}


def _proportion(node: Node, making: Making) -> rm.Json:
    above, below = (_range(coded.input_of(node, each)) for each in ("numerator", "denominator"))
    kind = making.dice.one_of(node.proportion_types or ("percent",))
    fixed = {"unitary": 1.0, "percent": 100.0}.get(kind)
    numerator = float(ranges.integer(making.dice, above, (1, 9)))
    denominator = fixed or float(ranges.integer(making.dice, below, (10, 20)))
    number = _PROPORTION_TYPES.index(kind)
    return {"_type": "DV_PROPORTION", "numerator": numerator, "denominator": denominator, "type": number}


def _duration(node: Node, making: Making) -> rm.Json:
    return rm.of_value("DV_DURATION", moments.duration(making.dice, node.inputs))


def _date_time(node: Node, making: Making) -> rm.Json:
    """Times of the reference model are that of the composition."""
    if node.in_context:
        return rm.of_value("DV_DATE_TIME", making.now)
    return rm.of_value("DV_DATE_TIME", moments.date_time(making.dice, *_temporal(node)))


def _boolean(node: Node, making: Making) -> rm.Json:
    given = coded.input_of(node, None)
    allowed = [each.value == "true" for each in given.choices] if given and given.choices else [True, False]
    return rm.of_value("DV_BOOLEAN", making.dice.one_of(allowed))


def _identifier(node: Node, making: Making) -> rm.Json:
    fixed = {each.suffix or "id": each.choices[0].value for each in node.inputs if each.choices}
    given = {"issuer": wording.ISSUER, "assigner": wording.ORGANISATION, "type": "example"}
    return {"_type": "DV_IDENTIFIER", **given, "id": f"EX-{making.dice.digits(6)}", **fixed}


def _multimedia(_node: Node, making: Making) -> rm.Json:
    address = f"https://example.org/media/{making.dice.digits(4)}.png"
    uri, media_type = rm.of_value("DV_URI", address), rm.code_phrase("image/png", "IANA_media-types")
    return {"_type": "DV_MULTIMEDIA", "uri": uri, "media_type": media_type, "size": _SIZE}


def _parsable(node: Node, making: Making) -> rm.Json:
    formalism = coded.input_of(node, "formalism")
    allowed = formalism.choices if formalism else ()
    if node.aql_path.endswith("/timing"):
        return {"_type": "DV_PARSABLE", "value": "R2/2025-01-01T08:00:00Z/P1D", "formalism": "ISO8601"}
    chosen = making.dice.one_of(allowed).value if allowed else "text/plain"
    return {"_type": "DV_PARSABLE", "value": wording.sentences(making.language)[0], "formalism": chosen}


def _interval(node: Node, making: Making) -> rm.Json:
    """Bounds in their order, both belong to it."""
    bounds = {child.aql_path.rpartition("/")[2].strip(): child for child in node.children}
    low = make(bounds["lower"], making)
    unit = low.get("units") if isinstance(low, dict) else None
    high = make(_in_unit(bounds["upper"], unit), making)
    low, high = sorted((low, high), key=_size)
    included = {"lower_included": True, "upper_included": True}
    unbounded = {"lower_unbounded": False, "upper_unbounded": False}
    return {"_type": "DV_INTERVAL", "lower": low, "upper": high, **included, **unbounded}


def _in_unit(node: Node, unit: str | None) -> Node:
    """With no other unit, if the node has this one."""

    def kept(each: Input) -> Input:
        choices = tuple(choice for choice in each.choices if choice.value == unit)
        return replace(each, choices=choices or each.choices)

    return replace(node, inputs=tuple(map(kept, node.inputs))) if unit else node


def _size(bound: Any) -> Any:
    return bound.get("magnitude", bound.get("value"))


def _state(_node: Node, making: Making) -> rm.Json:
    code = making.dice.one_of(("526", "245", "532"))
    return {"_type": "DV_STATE", "value": rm.openehr_term(code), "is_terminal": code == "532"}


def _party(node: Node, _making: Making) -> rm.Json:
    if node.aql_path.endswith("/composer"):
        return {"_type": "PARTY_IDENTIFIED", "name": wording.COMPOSER}
    return {"_type": "PARTY_SELF"}


def _string(node: Node, making: Making) -> str:
    given = coded.input_of(node, None)
    if given and given.choices:
        return making.dice.one_of(given.choices).value
    pattern = given.validation.pattern if given and given.validation else None
    return pattern or _ANY_TYPE


def _range(of: Input | None) -> Range | None:
    return of.validation.range if of and of.validation else None


def _temporal(node: Node) -> tuple[str | None, Range | None]:
    validation = node.inputs[0].validation if node.inputs else None
    return (validation.pattern, validation.range) if validation else (None, None)


_MAKERS: Final[dict[str, Callable[[Node, Making], rm.Json | str]]] = {
    "DV_TEXT": _text,
    "DV_CODED_TEXT": _coded_text,
    "CODE_PHRASE": _code_phrase,
    "DV_QUANTITY": _quantity,
    "DV_COUNT": _count,
    "DV_PROPORTION": _proportion,
    "DV_ORDINAL": lambda node, making: coded.ordinal(node, making.dice),
    "DV_DURATION": _duration,
    "DV_DATE_TIME": _date_time,
    "DV_DATE": lambda node, making: rm.of_value("DV_DATE", moments.date(making.dice, *_temporal(node))),
    "DV_TIME": lambda node, making: rm.of_value("DV_TIME", moments.time(making.dice, *_temporal(node))),
    "DV_BOOLEAN": _boolean,
    "DV_IDENTIFIER": _identifier,
    "DV_MULTIMEDIA": _multimedia,
    "DV_PARSABLE": _parsable,
    "DV_INTERVAL": _interval,
    "DV_URI": lambda _, making: rm.of_value("DV_URI", f"https://example.org/{making.dice.digits(4)}"),
    "DV_EHR_URI": lambda _, making: rm.of_value("DV_EHR_URI", f"ehr:/example/{making.dice.digits(4)}"),
    "DV_STATE": _state,
    "PARTY_PROXY": _party,
    "STRING": _string,
}
