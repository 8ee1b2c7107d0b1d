"""What stands behind a FLAT path by RM type: suffixes (`|magnitude`) and attributes (`/_normal_range/lower`).

Every table holds what EHRbase 2.16 takes; what it reads and drops is not here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Kind(StrEnum):
    """What a value has to be. Numbers and booleans may be given as text, and text as any scalar."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    DURATION = "duration"
    URI = "uri"
    BASE64 = "base64"
    CHARACTER = "character"
    CANONICAL = "canonical"


@dataclass(frozen=True, slots=True)
class Suffix:
    """`group`: the openEHR terminology's group, or code set, that the value is a code of."""

    kind: Kind = Kind.TEXT
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A path segment of the reference model. `shape` names one of SHAPES, SAME is the shape it hangs on."""

    shape: str
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """`suffixes`: None is the path itself; `needs`: of each set of suffixes one at least has to be there."""

    suffixes: Mapping[str | None, Suffix] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    needs: tuple[frozenset[str | None], ...] = ()


#: The bounds of a reference range are of the type of the value, without attributes of their own.
SAME: Final = "SAME"

_TEXT: Final = Suffix()
_INTEGER: Final = Suffix(Kind.INTEGER)
_DECIMAL: Final = Suffix(Kind.DECIMAL)
_BOOLEAN: Final = Suffix(Kind.BOOLEAN)
_URI: Final = Suffix(Kind.URI)


def _texts(*names: str | None) -> dict[str | None, Suffix]:
    return dict.fromkeys(names, _TEXT)


def _need(*sets: tuple[str | None, ...]) -> tuple[frozenset[str | None], ...]:
    return tuple(map(frozenset, sets))


_ORDERED: Final[dict[str | None, Suffix]] = {"normal_status": Suffix(group="normal statuses")}
_QUANTIFIED: Final[dict[str | None, Suffix]] = {**_ORDERED, "magnitude_status": _TEXT}
_AMOUNT: Final[dict[str | None, Suffix]] = {
    **_QUANTIFIED,
    "accuracy": _DECIMAL,
    "accuracy_is_percent": _BOOLEAN,
}
_BOUNDS: Final[dict[str | None, Suffix]] = dict.fromkeys(
    ("lower_unbounded", "upper_unbounded", "lower_included", "upper_included"), _BOOLEAN
)
_RANGES: Final = {
    "_normal_range": Attribute("NORMAL_RANGE"),
    "_other_reference_ranges": Attribute("REFERENCE_RANGE", repeats=True),
}
_TEMPORAL: Final = {**_RANGES, "_accuracy": Attribute("DV_DURATION")}
_WORDS: Final = {
    "_mapping": Attribute("TERM_MAPPING", repeats=True),
    "_language": Attribute("CODE_PHRASE"),
    "_encoding": Attribute("CODE_PHRASE"),
}
_ENCAPSULATED: Final = {"_language": Attribute("CODE_PHRASE"), "_charset": Attribute("CODE_PHRASE")}
_LOCATABLE: Final = {
    "_uid": Attribute("STRING"),
    "_name": Attribute("NAME"),
    "_link": Attribute("LINK", repeats=True),
    "_feeder_audit": Attribute("FEEDER_AUDIT"),
}
_ENTRY: Final = {
    **_LOCATABLE,
    "_provider": Attribute("PARTY_PROXY"),
    "_other_participation": Attribute("PARTICIPATION", repeats=True),
    "_work_flow_id": Attribute("OBJECT_REF"),
    "subject": Attribute("PARTY_PROXY"),
    "language": Attribute("CODE_PHRASE"),
    "encoding": Attribute("CODE_PHRASE"),
}
_CARE_ENTRY: Final = {**_ENTRY, "_guideline_id": Attribute("OBJECT_REF")}
_EVENT: Final = {**_LOCATABLE, "time": Attribute("DV_DATE_TIME")}
_INTERVAL: Final = {**_EVENT, "width": Attribute("DV_DURATION"), "math_function": Attribute("MATH_FUNCTION")}
_SAMPLES: Final[dict[str | None, Suffix]] = {"sample_count": _INTEGER}
_REFERENCE: Final = _texts("id", "id_scheme", "id_namespace", "_type")
_IDENTIFIED: Final = {
    "_identifier": Attribute("DV_IDENTIFIER", repeats=True),
    "name": Attribute("STRING"),
    "_name": Attribute("STRING"),
}
_RELATED: Final = {**_IDENTIFIED, "relationship": Attribute("DV_CODED_TEXT")}
_CODED: Final = _texts(None, "value", "code", "terminology", "formatting")
_NEEDS_CODE: Final = _need((None, "value", "code"))

_VALUES: Final[dict[str, Shape]] = {
    "DV_TEXT": Shape(_texts(None, "value", "formatting"), _WORDS, _need((None, "value"))),
    "DV_CODED_TEXT": Shape({**_CODED, "other": _TEXT}, _WORDS, _need((None, "value", "code", "other"))),
    "CODE_PHRASE": Shape(
        _texts("code", "terminology", "preferred_term"), needs=_need(("code",), ("terminology",))
    ),
    "DV_QUANTITY": Shape(
        {
            "magnitude": _DECIMAL,
            "precision": _INTEGER,
            **_texts("unit", "units", "units_system", "units_display_name"),
            **_AMOUNT,
        },
        _RANGES,
        _need(("magnitude",), ("unit", "units")),
    ),
    "DV_COUNT": Shape(
        {None: _INTEGER, "value": _INTEGER, **_AMOUNT},
        _RANGES,
        _need((None, "value")),
    ),
    "DV_PROPORTION": Shape(
        {
            "numerator": _DECIMAL,
            "denominator": _DECIMAL,
            "type": _INTEGER,
            "precision": _INTEGER,
            None: _DECIMAL,
            **_AMOUNT,
        },
        _RANGES,
        _need(("numerator",), ("denominator",), ("type",)),
    ),
    "DV_ORDINAL": Shape(
        {**_texts(None, "code", "value", "terminology"), "ordinal": _INTEGER, **_ORDERED},
        _RANGES,
        _need((None, "code")),
    ),
    "DV_BOOLEAN": Shape({None: _BOOLEAN}, needs=_need((None,))),
    "DV_DATE": Shape({None: Suffix(Kind.DATE), **_QUANTIFIED}, _TEMPORAL, _need((None,))),
    "DV_TIME": Shape({None: Suffix(Kind.TIME), **_QUANTIFIED}, _TEMPORAL, _need((None,))),
    "DV_DATE_TIME": Shape({None: Suffix(Kind.DATETIME), **_QUANTIFIED}, _TEMPORAL, _need((None,))),
    "DV_DURATION": Shape(
        {
            None: Suffix(Kind.DURATION),
            **dict.fromkeys(("year", "month", "week", "day", "hour", "minute", "second"), _INTEGER),
            **_AMOUNT,
        },
        _RANGES,
        _need((None, "year", "month", "week", "day", "hour", "minute", "second")),
    ),
    "DV_URI": Shape({None: _URI}, needs=_need((None,))),
    "DV_EHR_URI": Shape({None: _URI}, needs=_need((None,))),
    "DV_IDENTIFIER": Shape(_texts(None, "id", "issuer", "assigner", "type"), needs=_need((None, "id"))),
    "DV_PARSABLE": Shape(_texts(None, "value", "formalism"), _ENCAPSULATED, _need((None, "value"))),
    "DV_MULTIMEDIA": Shape(
        {
            None: _URI,
            "url": _URI,
            "data": Suffix(Kind.BASE64),
            "size": _INTEGER,
            "mediatype": Suffix(group="media types"),
            "compression_algorithm": Suffix(group="compression algorithms"),
            "integrity_check_algorithm": Suffix(group="integrity check algorithms"),
            **_texts("integrity_check", "alternatetext"),
        },
        {**_ENCAPSULATED, "_thumbnail": Attribute("DV_MULTIMEDIA")},
        _need(("mediatype",), ("size",)),
    ),
}

_PARTS: Final[dict[str, Shape]] = {
    "STRING": Shape(_texts(None), needs=_need((None,))),
    "LONG": Shape({None: _INTEGER}, needs=_need((None,))),
    "BOOLEAN": Shape({None: _BOOLEAN}, needs=_need((None,))),
    "NAME": Shape(_CODED, _WORDS, _NEEDS_CODE),
    "NORMAL_RANGE": Shape(_BOUNDS, {"lower": Attribute(SAME), "upper": Attribute(SAME)}),
    "REFERENCE_RANGE": Shape(
        _BOUNDS, {"lower": Attribute(SAME), "upper": Attribute(SAME), "meaning": Attribute("NAME")}
    ),
    "DV_INTERVAL": Shape(_BOUNDS),
    "TERM_MAPPING": Shape(
        {"match": Suffix(Kind.CHARACTER)},
        {"target": Attribute("CODE_PHRASE"), "purpose": Attribute("DV_CODED_TEXT")},
        _need(("match",)),
    ),
    "LINK": Shape(
        {**_texts("meaning", "type"), "target": _URI}, needs=_need(("meaning",), ("type",), ("target",))
    ),
    "OBJECT_REF": Shape(_texts("id", "id_scheme", "namespace", "type"), needs=_need(("id",))),
    "PARTY_SELF": Shape(_REFERENCE),
    "PARTY_IDENTIFIED": Shape({**_REFERENCE, "name": _TEXT}, _RELATED),
    "PARTY_RELATED": Shape({**_REFERENCE, "name": _TEXT}, _RELATED),
    "PARTY_PROXY": Shape({**_REFERENCE, "name": _TEXT}, _RELATED),
    "PARTICIPATION": Shape(
        {**_REFERENCE, **_texts("name", "function"), "mode": Suffix(group="participation mode")}, _RELATED
    ),
    "FEEDER_AUDIT": Shape(
        attributes={
            "original_content": Attribute("DV_PARSABLE"),
            "original_content_multimedia": Attribute("DV_MULTIMEDIA"),
            "feeder_system_item_id": Attribute("DV_IDENTIFIER", repeats=True),
            "originating_system_item_id": Attribute("DV_IDENTIFIER", repeats=True),
            "feeder_system_audit": Attribute("FEEDER_AUDIT_DETAILS"),
            "originating_system_audit": Attribute("FEEDER_AUDIT_DETAILS"),
        }
    ),
    "FEEDER_AUDIT_DETAILS": Shape(
        {"time": Suffix(Kind.DATETIME), **_texts("system_id", "version_id")},
        {
            "location": Attribute("PARTY_IDENTIFIED"),
            "provider": Attribute("PARTY_IDENTIFIED"),
            "subject": Attribute("PARTY_PROXY"),
        },
        _need(("system_id",)),
    ),
    "INSTRUCTION_DETAILS": Shape(_texts("activity_id", "composition_uid", "path")),
    "NULL_FLAVOUR": Shape(
        {
            "code": Suffix(group="null flavours"),
            "value": Suffix(group="null flavours"),
            "terminology": _TEXT,
        },
        needs=_need(("code", "value")),
    ),
    "MATH_FUNCTION": Shape(_texts(None, "value", "code", "terminology"), needs=_NEEDS_CODE),
    "ISM_TRANSITION": Shape(
        attributes={
            "_reason": Attribute("NAME", repeats=True),
            "current_state": Attribute("DV_CODED_TEXT"),
            "transition": Attribute("DV_CODED_TEXT"),
            "careflow_step": Attribute("DV_CODED_TEXT"),
        }
    ),
}

_STRUCTURES: Final[dict[str, Shape]] = {
    "COMPOSITION": Shape(
        attributes={
            **_LOCATABLE,
            "language": Attribute("CODE_PHRASE"),
            "territory": Attribute("CODE_PHRASE"),
            "category": Attribute("DV_CODED_TEXT"),
            "composer": Attribute("PARTY_PROXY"),
            "context": Attribute("EVENT_CONTEXT"),
        }
    ),
    "EVENT_CONTEXT": Shape(
        {"setting": _TEXT},
        {
            "start_time": Attribute("DV_DATE_TIME"),
            "setting": Attribute("DV_CODED_TEXT"),
            "_end_time": Attribute("DV_DATE_TIME"),
            "_location": Attribute("STRING"),
            "_health_care_facility": Attribute("PARTY_IDENTIFIED"),
            "_participation": Attribute("PARTICIPATION", repeats=True),
        },
    ),
    "SECTION": Shape(attributes=_LOCATABLE),
    "CLUSTER": Shape(attributes=_LOCATABLE),
    "ELEMENT": Shape(
        attributes={
            **_LOCATABLE,
            "_null_flavour": Attribute("NULL_FLAVOUR"),
            "_null_reason": Attribute("NAME"),
        }
    ),
    "OBSERVATION": Shape(attributes={**_CARE_ENTRY, "history_origin": Attribute("DV_DATE_TIME")}),
    "EVALUATION": Shape(attributes=_CARE_ENTRY),
    "INSTRUCTION": Shape(
        attributes={
            **_CARE_ENTRY,
            "_wf_definition": Attribute("DV_PARSABLE"),
            "narrative": Attribute("NAME"),
            "_expiry_time": Attribute("DV_DATE_TIME"),
        }
    ),
    "ACTION": Shape(
        attributes={
            **_CARE_ENTRY,
            "_instruction_details": Attribute("INSTRUCTION_DETAILS"),
            "time": Attribute("DV_DATE_TIME"),
            "ism_transition": Attribute("ISM_TRANSITION"),
        }
    ),
    "ACTIVITY": Shape(
        attributes={
            **_LOCATABLE,
            "action_archetype_id": Attribute("STRING"),
            "timing": Attribute("DV_PARSABLE"),
        }
    ),
    "ADMIN_ENTRY": Shape(attributes=_ENTRY),
    "POINT_EVENT": Shape(attributes=_EVENT),
    "INTERVAL_EVENT": Shape(_SAMPLES, _INTERVAL),
    "EVENT": Shape(_SAMPLES, _INTERVAL),
}

#: By RM type, and by names in capitals for parts of types that have no type of their own.
SHAPES: Final[Mapping[str, Shape]] = MappingProxyType(_VALUES | _PARTS | _STRUCTURES)
_NOTHING: Final = Shape()


def shape_of(rm_type: str) -> Shape:
    """That of `DV_INTERVAL` for every `DV_INTERVAL<T>`; of an unknown type one that takes nothing."""
    return SHAPES.get(rm_type.partition("<")[0], _NOTHING)
