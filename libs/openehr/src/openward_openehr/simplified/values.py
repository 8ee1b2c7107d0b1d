"""Shapes of data values, and of parts of the reference model that hang on them or on entries.

Every table holds what EHRbase 2.16 takes; what it reads and drops is not here.
"""

from typing import Final

from openward_openehr.simplified.shape import SAME, Attribute, Kind, Shape, Suffix, need, texts

_TEXT: Final = Suffix()
_INTEGER: Final = Suffix(Kind.INTEGER)
_DECIMAL: Final = Suffix(Kind.DECIMAL)
_BOOLEAN: Final = Suffix(Kind.BOOLEAN)
_URI: Final = Suffix(Kind.URI)
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
_REFERENCE: Final = texts("id", "id_scheme", "id_namespace", "_type")
_IDENTIFIED: Final = {
    "_identifier": Attribute("DV_IDENTIFIER", repeats=True),
    "name": Attribute("STRING"),
    "_name": Attribute("STRING"),
}
_RELATED: Final = {**_IDENTIFIED, "relationship": Attribute("DV_CODED_TEXT")}
_CODED: Final = texts(None, "value", "code", "terminology", "formatting")
_NEEDS_CODE: Final = need((None, "value", "code"))

VALUES: Final[dict[str, Shape]] = {
    "DV_TEXT": Shape(_CODED, _WORDS, _NEEDS_CODE),
    "DV_CODED_TEXT": Shape({**_CODED, "other": _TEXT}, _WORDS, need((None, "value", "code", "other"))),
    "CODE_PHRASE": Shape(
        texts("code", "terminology", "preferred_term"), needs=need(("code",), ("terminology",))
    ),
    "DV_QUANTITY": Shape(
        {
            "magnitude": _DECIMAL,
            "precision": _INTEGER,
            **texts("unit", "units", "units_system", "units_display_name"),
            **_AMOUNT,
        },
        _RANGES,
        need(("magnitude",), ("unit", "units")),
    ),
    "DV_COUNT": Shape(
        {None: _INTEGER, "value": _INTEGER, **_AMOUNT},
        _RANGES,
        need((None, "value")),
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
        need(("numerator",), ("denominator",), ("type",)),
    ),
    "DV_ORDINAL": Shape(
        {**texts(None, "code", "value", "terminology"), "ordinal": _INTEGER, **_ORDERED},
        _RANGES,
        need((None, "code")),
    ),
    "DV_BOOLEAN": Shape({None: _BOOLEAN}, needs=need((None,))),
    "DV_DATE": Shape({None: Suffix(Kind.DATE), **_QUANTIFIED}, _TEMPORAL, need((None,))),
    "DV_TIME": Shape({None: Suffix(Kind.TIME), **_QUANTIFIED}, _TEMPORAL, need((None,))),
    "DV_DATE_TIME": Shape({None: Suffix(Kind.DATETIME), **_QUANTIFIED}, _TEMPORAL, need((None,))),
    "DV_DURATION": Shape(
        {
            None: Suffix(Kind.DURATION),
            **dict.fromkeys(("year", "month", "week", "day", "hour", "minute", "second"), _INTEGER),
            **_AMOUNT,
        },
        _RANGES,
    ),
    "DV_URI": Shape({None: _URI}, needs=need((None,))),
    "DV_EHR_URI": Shape({None: _URI}, needs=need((None,))),
    "DV_IDENTIFIER": Shape(texts(None, "id", "issuer", "assigner", "type"), needs=need((None, "id"))),
    "DV_PARSABLE": Shape(texts(None, "value", "formalism"), _ENCAPSULATED, need((None, "value"))),
    "DV_MULTIMEDIA": Shape(
        {
            None: _URI,
            "url": _URI,
            "data": Suffix(Kind.BASE64),
            "size": _INTEGER,
            "mediatype": Suffix(group="media types"),
            "compression_algorithm": Suffix(group="compression algorithms"),
            "integrity_check_algorithm": Suffix(group="integrity check algorithms"),
            **texts("integrity_check", "alternatetext"),
        },
        {**_ENCAPSULATED, "_thumbnail": Attribute("DV_MULTIMEDIA")},
        need(("mediatype",), ("size",)),
    ),
}

PARTS: Final[dict[str, Shape]] = {
    "STRING": Shape(texts(None), needs=need((None,))),
    "LONG": Shape({None: _INTEGER}, needs=need((None,))),
    "BOOLEAN": Shape({None: _BOOLEAN}, needs=need((None,))),
    "NAME": Shape(_CODED, _WORDS, _NEEDS_CODE),
    "NORMAL_RANGE": Shape(_BOUNDS, {"lower": Attribute(SAME), "upper": Attribute(SAME)}),
    "REFERENCE_RANGE": Shape(
        _BOUNDS, {"lower": Attribute(SAME), "upper": Attribute(SAME), "meaning": Attribute("NAME")}
    ),
    "DV_INTERVAL": Shape(_BOUNDS),
    "TERM_MAPPING": Shape(
        {"match": Suffix(Kind.CHARACTER)},
        {"target": Attribute("CODE_PHRASE"), "purpose": Attribute("DV_CODED_TEXT")},
    ),
    "LINK": Shape(
        {**texts("meaning", "type"), "target": _URI}, needs=need(("meaning",), ("type",), ("target",))
    ),
    "OBJECT_REF": Shape(
        texts("id", "id_scheme", "namespace", "type"),
        needs=need(("id",), ("id_scheme",), ("namespace",), ("type",)),
    ),
    "PARTY_SELF": Shape(_REFERENCE),
    "PARTY_IDENTIFIED": Shape({**_REFERENCE, "name": _TEXT}, _RELATED),
    "PARTY_RELATED": Shape({**_REFERENCE, "name": _TEXT}, _RELATED),
    "PARTY_PROXY": Shape({**_REFERENCE, "name": _TEXT}, _RELATED),
    "PARTICIPATION": Shape(
        {**_REFERENCE, **texts("name", "function"), "mode": Suffix(group="participation mode")},
        _RELATED,
        need(("function",)),
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
        {"time": Suffix(Kind.DATETIME), **texts("system_id", "version_id")},
        {
            "location": Attribute("PARTY_IDENTIFIED"),
            "provider": Attribute("PARTY_IDENTIFIED"),
            "subject": Attribute("PARTY_PROXY"),
        },
        need(("system_id",)),
    ),
    "INSTRUCTION_DETAILS": Shape(
        texts("activity_id", "composition_uid", "path"),
        needs=need(("activity_id",), ("composition_uid",), ("path",)),
    ),
    "NULL_FLAVOUR": Shape(
        {
            "code": Suffix(group="null flavours"),
            "value": Suffix(group="null flavours"),
            "terminology": _TEXT,
        },
        needs=need(("code", "value")),
    ),
    "MATH_FUNCTION": Shape(texts(None, "value", "code", "terminology"), needs=_NEEDS_CODE),
    "ISM_TRANSITION": Shape(
        attributes={
            "_reason": Attribute("NAME", repeats=True),
            "current_state": Attribute("DV_CODED_TEXT"),
            "transition": Attribute("DV_CODED_TEXT"),
            "careflow_step": Attribute("DV_CODED_TEXT"),
        }
    ),
}
