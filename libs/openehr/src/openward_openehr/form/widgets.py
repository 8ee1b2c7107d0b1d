"""Which control suits a field: a hint, by its type and by how many values it can take."""

from collections.abc import Mapping
from typing import Final

from openward_openehr.form.model import Entry, Widget

#: So many codes are seen at a glance; more go into a list that opens.
FEW_CODES: Final = 4

_BY_TYPE: Final[Mapping[str, Widget]] = {
    "BOOLEAN": "checkbox",
    "DV_BOOLEAN": "checkbox",
    "DV_COUNT": "integer",
    "DV_DATE": "date",
    "DV_DATE_TIME": "datetime",
    "DV_DURATION": "duration",
    "DV_EHR_URI": "uri",
    "DV_IDENTIFIER": "identifier",
    "DV_MULTIMEDIA": "multimedia",
    "DV_ORDINAL": "ordinal",
    "DV_PARSABLE": "textarea",
    "DV_PROPORTION": "proportion",
    "DV_QUANTITY": "quantity",
    "DV_SCALE": "ordinal",
    "DV_TIME": "time",
    "DV_URI": "uri",
    "DOUBLE": "number",
    "INTEGER": "integer",
    "INTEGER64": "integer",
    "LONG": "integer",
    "PARTY_IDENTIFIED": "party",
    "PARTY_PROXY": "party",
    "PARTY_RELATED": "party",
    "PARTY_SELF": "party",
    "REAL": "number",
}
_CODED: Final = frozenset({"DV_CODED_TEXT", "DV_STATE", "CODE_PHRASE"})


def widget_of(rm_type: str, attribute: str, entries: tuple[Entry, ...]) -> Widget:
    """`attribute`: the name of the attribute of the reference model that holds the value."""
    if rm_type.startswith("DV_INTERVAL"):
        return "interval"
    if rm_type in _BY_TYPE:
        return _BY_TYPE[rm_type]
    return _of_texts(rm_type, attribute, entries)


def _of_texts(rm_type: str, attribute: str, entries: tuple[Entry, ...]) -> Widget:
    codes = max((len(each.options) for each in entries), default=0)
    free = any(each.open for each in entries)
    if codes:
        return _of_lists(codes, free=free)
    if rm_type in _CODED:
        return "combobox"
    return "textarea" if attribute == "narrative" else "text"


def _of_lists(codes: int, *, free: bool) -> Widget:
    if free:
        return "combobox"
    return "radio" if codes <= FEW_CODES else "select"
