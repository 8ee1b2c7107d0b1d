"""A value for a leaf of a web template, within its constraints; canonical JSON."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from openward_openehr.examples import amounts, coded, moments, wording
from openward_openehr.examples import reference_model as rm
from openward_openehr.examples.dice import Dice
from openward_openehr.examples.matching import PatternNotUnderstood, matching
from openward_openehr.web_template.model import Input, Node, Range

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
    given = _given(coded.input_of(node, None), making)
    return rm.text(given or making.dice.one_of(wording.sentences(making.language)))


def _given(of: Input | None, making: Making) -> str | None:
    """One of the list, or what its pattern asks for: a regular expression in `/…/`, else the text itself.

    None where it asks for nothing, or for what we do not understand; EHRbase may refuse the example then.
    """
    if of and of.choices:
        return making.dice.one_of(of.choices).value
    pattern = of.validation.pattern if of and of.validation else None
    if pattern and len(pattern) > 1 and pattern[0] == pattern[-1] == "/":
        with contextlib.suppress(PatternNotUnderstood):
            return matching(pattern[1:-1], making.dice)
        return None
    return pattern


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
    fixed = {each.suffix or "id": text for each in node.inputs if (text := _given(each, making))}
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
    """Bounds in their order, both belong to it; one that the template does not have is left open."""
    nodes = {child.aql_path.rpartition("/")[2].strip(): child for child in node.children}
    bounds: list[tuple[str, rm.Json]] = []
    for name in ("lower", "upper"):
        if name in nodes:
            unit = bounds[0][1].get("units") if bounds else None
            bound = make(amounts.in_unit(nodes[name], unit), making)
            bounds += [(name, bound)] if isinstance(bound, dict) else []
    in_order = _in_order([bound for _, bound in bounds])
    made = dict(zip((name for name, _ in bounds), in_order, strict=True))
    return {"_type": "DV_INTERVAL", **made, **_ends(made)}


def _ends(bounds: rm.Json) -> dict[str, bool]:
    included = {f"{name}_included": name in bounds for name in ("lower", "upper")}
    return included | {f"{name}_unbounded": name not in bounds for name in ("lower", "upper")}


def _in_order(bounds: list[rm.Json]) -> list[rm.Json]:
    """By size; bounds of two types have no order."""
    return sorted(bounds, key=_size) if len({bound["_type"] for bound in bounds}) == 1 else bounds


def _size(bound: rm.Json) -> Any:
    if bound["_type"] == "DV_DURATION":
        return moments.seconds(bound["value"])
    if bound["_type"] == "DV_PROPORTION":
        return bound["numerator"] / bound["denominator"]
    return bound.get("magnitude", bound.get("value"))


def _state(_node: Node, making: Making) -> rm.Json:
    code = making.dice.one_of(("526", "245", "532"))
    return {"_type": "DV_STATE", "value": rm.openehr_term(code), "is_terminal": code == "532"}


def _party(node: Node, _making: Making) -> rm.Json:
    """The subject is the patient; who else is asked for has a name that is evidently made up."""
    if node.rm_type == "PARTY_IDENTIFIED" or node.aql_path.endswith("/composer"):
        return {"_type": "PARTY_IDENTIFIED", "name": wording.COMPOSER}
    return {"_type": "PARTY_SELF"}


def _related(node: Node, making: Making) -> rm.Json:
    constraint = next((child for child in node.children if child.name == "relationship"), node)
    relationship = coded.coded_text(constraint, making.dice)
    return {"_type": "PARTY_RELATED", "name": wording.RELATIVE, "relationship": relationship}


def _string(node: Node, making: Making) -> str:
    return _given(coded.input_of(node, None), making) or _ANY_TYPE


def _temporal(node: Node) -> tuple[str | None, Range | None]:
    validation = node.inputs[0].validation if node.inputs else None
    return (validation.pattern, validation.range) if validation else (None, None)


_MAKERS: Final[dict[str, Callable[[Node, Making], rm.Json | str]]] = {
    "DV_TEXT": _text,
    "DV_CODED_TEXT": _coded_text,
    "CODE_PHRASE": _code_phrase,
    "DV_QUANTITY": lambda node, making: amounts.quantity(node, making.dice),
    "DV_COUNT": lambda node, making: amounts.count(node, making.dice),
    "DV_PROPORTION": lambda node, making: amounts.proportion(node, making.dice),
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
    "PARTY_SELF": _party,
    "PARTY_IDENTIFIED": _party,
    "PARTY_RELATED": _related,
    "STRING": _string,
}
