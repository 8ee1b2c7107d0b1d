"""Booleans, identifiers, addresses, documents."""

import re
from typing import Final

from openward_openehr.validation.problem import Rule
from openward_openehr.validation.terminology import code_set
from openward_openehr.validation.values.leaf import Leaf, listed

#: Sizes are numbers of 32 bits to EHRbase.
_SIZES: Final = 2**31
_MATCHES: Final = (">", "=", "<", "?")
_NOT_EMPTY: Final = frozenset({"_location", "action_archetype_id"})
_EHR: Final = "ehr:"
_NAMESPACE: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_.:\\/&?=+-]*", re.ASCII)


def party(leaf: Leaf) -> None:
    """Someone with a name that is empty is nobody; a reference is whole or it is none."""
    values = leaf.values
    if values.get("name") == "":
        leaf.wrong(Rule.WRONG_FORMAT, "name", {"minLength": 1})
    if values.get("id"):
        _namespace(leaf, "id_namespace")
        for suffix in ("id_namespace", "id_scheme"):
            if values.get(suffix) is None and suffix not in leaf.report.given:
                leaf.missing(suffix, {"type": "text"})


def participation(leaf: Leaf) -> None:
    party(leaf)
    mode, modes = leaf.values.get("mode"), code_set("participation mode").codes
    if mode is not None and mode not in modes and mode not in modes.values():
        known = [{"value": code, "label": label} for code, label in modes.items()]
        leaf.wrong(Rule.UNKNOWN_CODE, "mode", {"codes": known})


def link(leaf: Leaf) -> None:
    target = leaf.values.get("target")
    if target is not None and not target.lower().startswith(_EHR):
        leaf.wrong(Rule.WRONG_FORMAT, "target", {"scheme": _EHR.removesuffix(":")})


def mapping(leaf: Leaf) -> None:
    match = leaf.values.get("match")
    if match is not None and match[:1] not in _MATCHES:
        leaf.wrong(Rule.UNKNOWN_CODE, "match", {"values": list(_MATCHES)})


def string(leaf: Leaf) -> None:
    if leaf.values.get(None) == "" and leaf.spot.name in _NOT_EMPTY:
        leaf.wrong(Rule.WRONG_FORMAT, None, {"minLength": 1})


def object_ref(leaf: Leaf) -> None:
    _namespace(leaf, "namespace")


def _namespace(leaf: Leaf, suffix: str) -> None:
    value = leaf.values.get(suffix)
    if value is not None and not _NAMESPACE.fullmatch(value):
        leaf.wrong(Rule.PATTERN, suffix, {"pattern": _NAMESPACE.pattern})


def boolean(leaf: Leaf) -> None:
    value = leaf.values.get(None)
    choices = leaf.spot.choices.get(None, {})
    if value is not None and choices and str(value).lower() not in choices:
        leaf.wrong(Rule.UNKNOWN_CODE, None, listed(choices))


def ehr_uri(leaf: Leaf) -> None:
    value = leaf.values.get(None)
    if value is not None and not value.lower().startswith(_EHR):
        leaf.wrong(Rule.WRONG_FORMAT, None, {"scheme": _EHR.removesuffix(":")})


def identifier(leaf: Leaf) -> None:
    suffix, value = leaf.first("id", None)
    if value == "":
        leaf.wrong(Rule.MISSING_SUFFIX, suffix, {"minLength": 1})


def parsable(leaf: Leaf) -> None:
    """A timing has its formalism put in; EHRbase wants every other to be given."""
    formalism = leaf.values.get("formalism")
    if formalism is None and leaf.spot.node.id != "timing":
        leaf.missing("formalism", {"type": "text"})
    elif formalism == "":
        leaf.wrong(Rule.WRONG_FORMAT, "formalism", {"minLength": 1})


def multimedia(leaf: Leaf) -> None:
    if leaf.first(None, "url", "data")[1] is None:
        leaf.missing(None, {"oneOf": ["url", "data"]})
    for suffix, name in (
        ("mediatype", "media types"),
        ("compression_algorithm", "compression algorithms"),
        ("integrity_check_algorithm", "integrity check algorithms"),
    ):
        code = leaf.values.get(suffix)
        if code is not None and not _is_known(code, name):
            leaf.wrong(Rule.UNKNOWN_CODE, suffix, {"terminology": code_set(name).terminology})
    size = leaf.values.get("size")
    if size is not None and not 0 < size < _SIZES:
        leaf.wrong(Rule.OUT_OF_RANGE, "size", {"range": {"min": 1, "max": _SIZES - 1}})
    if (
        leaf.values.get("integrity_check") is not None
        and leaf.values.get("integrity_check_algorithm") is None
    ):
        leaf.missing("integrity_check_algorithm")


def _is_known(code: str, name: str) -> bool:
    if code in code_set(name).codes:
        return True
    return name == "media types" and code in code_set("MultiMedia").codes
