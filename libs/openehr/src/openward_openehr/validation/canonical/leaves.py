"""Values of canonical JSON by the suffixes that FLAT has for them, so that the same rules hold for both."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from openward_openehr.simplified import Kind
from openward_openehr.validation.canonical.codes import coded_text, ordinal, text
from openward_openehr.validation.report import Report
from openward_openehr.validation.scalars import ScalarMismatch, read
from openward_openehr.validation.spot import Spot
from openward_openehr.validation.values import RULES, Leaf

Path = tuple[str, ...]

_CODE: Final[Mapping[str | None, Path]] = {
    "code": ("code_string",),
    "terminology": ("terminology_id", "value"),
}
_AMOUNT: Final[Mapping[str | None, Path]] = {
    "normal_status": ("normal_status", "code_string"),
    "magnitude_status": ("magnitude_status",),
    "accuracy": ("accuracy",),
    "accuracy_is_percent": ("accuracy_is_percent",),
}
_TEXT: Final[Mapping[str | None, Path]] = {
    None: ("value",),
    "formatting": ("formatting",),
}
_MOMENT: Final[Mapping[str | None, Path]] = {
    None: ("value",),
    "normal_status": ("normal_status", "code_string"),
    "magnitude_status": ("magnitude_status",),
}
_PARTY: Final[Mapping[str | None, Path]] = {"name": ("name",)}
_KINDS: Final[Mapping[str | None, Kind]] = {
    **dict.fromkeys(("magnitude", "numerator", "denominator", "accuracy"), Kind.DECIMAL),
    **dict.fromkeys(("precision", "type", "size", "ordinal"), Kind.INTEGER),
    "accuracy_is_percent": Kind.BOOLEAN,
}
#: Of the value itself, by class.
_OWN_KINDS: Final[Mapping[str, Kind]] = {
    "DV_COUNT": Kind.INTEGER,
    "DV_BOOLEAN": Kind.BOOLEAN,
    "DV_DATE": Kind.DATE,
    "DV_TIME": Kind.TIME,
    "DV_DATE_TIME": Kind.DATETIME,
    "DV_DURATION": Kind.DURATION,
}

#: Where in an object of a class the value of a suffix is.
_PLACES: Final[Mapping[str, Mapping[str | None, Path]]] = {
    "DV_TEXT": _TEXT,
    "DV_CODED_TEXT": {
        "value": ("value",),
        "formatting": ("formatting",),
        "code": ("defining_code", "code_string"),
        "terminology": ("defining_code", "terminology_id", "value"),
    },
    "CODE_PHRASE": _CODE,
    "DV_QUANTITY": {"magnitude": ("magnitude",), "unit": ("units",), "precision": ("precision",), **_AMOUNT},
    "DV_COUNT": {None: ("magnitude",), **_AMOUNT},
    "DV_PROPORTION": {
        **{name: (name,) for name in ("numerator", "denominator", "type", "precision")},
        **_AMOUNT,
    },
    "DV_ORDINAL": {
        "ordinal": ("value",),
        "value": ("symbol", "value"),
        "code": ("symbol", "defining_code", "code_string"),
        "terminology": ("symbol", "defining_code", "terminology_id", "value"),
        "normal_status": ("normal_status", "code_string"),
    },
    "DV_BOOLEAN": {None: ("value",)},
    "DV_DATE": _MOMENT,
    "DV_TIME": _MOMENT,
    "DV_DATE_TIME": _MOMENT,
    "DV_DURATION": {None: ("value",), **_AMOUNT},
    "DV_EHR_URI": {None: ("value",)},
    "DV_IDENTIFIER": {"id": ("id",)},
    "DV_PARSABLE": {"value": ("value",), "formalism": ("formalism",)},
    "DV_MULTIMEDIA": {
        None: ("uri", "value"),
        "data": ("data",),
        "size": ("size",),
        "mediatype": ("media_type", "code_string"),
        "compression_algorithm": ("compression_algorithm", "code_string"),
        "integrity_check_algorithm": ("integrity_check_algorithm", "code_string"),
        "integrity_check": ("integrity_check",),
    },
    "PARTY_IDENTIFIED": _PARTY,
    "PARTY_RELATED": _PARTY,
    "OBJECT_REF": {"namespace": ("namespace",)},
    "PARTY_REF": {"namespace": ("namespace",)},
    "LOCATABLE_REF": {"namespace": ("namespace",)},
}
_RULES: Final[Mapping[str, Callable[[Leaf], None]]] = {
    **{name: rule for name, rule in RULES.items() if name in _PLACES},
    "DV_TEXT": text,
    "DV_CODED_TEXT": coded_text,
    "DV_ORDINAL": ordinal,
    "PARTY_RELATED": RULES["PARTY_IDENTIFIED"],
    "PARTY_REF": RULES["OBJECT_REF"],
    "LOCATABLE_REF": RULES["OBJECT_REF"],
}


def check_leaf(item: Mapping[str, Any], rm_class: str, spot: Spot, pointer: str, report: Report) -> None:
    """What holds for a value by its class; attributes that lack or are of a wrong kind are told elsewhere."""
    rule = _RULES.get(rm_class)
    if rule is None:
        return
    places = _PLACES[rm_class]
    values = {}
    for suffix, path in places.items():
        value = _at(item, path)
        if value is not None:
            kind = _OWN_KINDS.get(rm_class, Kind.TEXT) if suffix is None else _KINDS.get(suffix, Kind.TEXT)
            values[suffix] = _converted(kind, value)
    rule(Leaf(spot, values, partial(_path_of, pointer, places), report))


def _at(item: Any, path: Path) -> Any:
    for name in path:
        if not isinstance(item, Mapping):
            return None
        item = item.get(name)
    return None if isinstance(item, dict | list) else item


def _converted(kind: Kind, value: Any) -> Any:
    try:
        return read(kind, value)
    except ScalarMismatch:
        return None


def _path_of(pointer: str, places: Mapping[str | None, Path], suffix: str | None) -> str:
    path = places.get(suffix, ())
    return "/".join((pointer, *path)) if path else pointer
