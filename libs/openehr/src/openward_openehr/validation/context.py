"""What a FLAT composition says once for all of it: `ctx/…`."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any, Final

from openward_openehr.simplified import CONTEXT_FIELDS, ContextField, Kind
from openward_openehr.simplified.path import CONTEXT
from openward_openehr.validation.problem import Rule
from openward_openehr.validation.report import Report
from openward_openehr.validation.scalars import ScalarMismatch, read
from openward_openehr.validation.spot import Spot
from openward_openehr.validation.terminology import code_set

_PREFIX: Final = f"{CONTEXT}/"
#: What stands for a child of the composition that is not in it.
_GIVES: Final[Mapping[str, frozenset[str]]] = {
    "composer": frozenset({"composer_name", "composer_id", "composer_self"}),
    "territory": frozenset({"territory"}),
}
_WHOLE_ID: Final = ("id_namespace", "id_scheme")
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "participation_name": ("participation_function",),
    "participation_id": ("participation_function", *_WHOLE_ID),
    "provider_id": _WHOLE_ID,
    "composer_id": _WHOLE_ID,
    "health_care_facility|id": _WHOLE_ID,
}
_GROUPS: Final = {"language": "languages", "territory": "countries"}


@dataclass(frozen=True, slots=True)
class Defaults:
    """Names of the fields of `ctx` that are given."""

    names: frozenset[str]

    def give(self, spot: Spot) -> bool:
        return not self.names.isdisjoint(_GIVES.get(spot.node.id, ()))


def check_context(flat: Mapping[Any, Any], root: Spot, report: Report) -> Defaults:
    names = set()
    for text, value in flat.items():
        if isinstance(text, str) and text.startswith(_PREFIX):
            name = _name(text)
            names |= {name, text.removeprefix(_PREFIX)}
            _check(text, name, value, root, report)
    _together(names, root, report)
    return Defaults(frozenset(names))


def _together(names: set[str], root: Spot, report: Report) -> None:
    """Fields that are nothing without others."""
    for name, needed in _NEEDS.items():
        for missing in needed if name in names else ():
            if missing not in names:
                report.add(Rule.MISSING_REQUIRED, _PREFIX + missing, root, {"with": _PREFIX + name})


def _name(text: str) -> str:
    return text.removeprefix(_PREFIX).partition("|")[0].partition(":")[0]


def _check(text: str, name: str, value: Any, root: Spot, report: Report) -> None:
    field = CONTEXT_FIELDS.get(name)
    if field is None:
        report.unknown(text, partial(_near, name), tolerated=True)
        return
    try:
        given = read(field.kind, value, now=True)
    except ScalarMismatch:
        lenient = field.kind is Kind.BOOLEAN  # anything else than true is false to EHRbase
        report.add(Rule.WRONG_TYPE, text, root, {"type": str(field.kind)}, value, tolerated=lenient)
    else:
        if given is None:
            report.add(Rule.WRONG_TYPE, text, root, {"type": str(field.kind)}, value)
        elif field.group is not None and not _is_known(field, given):
            report.add(Rule.UNKNOWN_CODE, text, root, {"group": field.group}, value)


def _near(name: str) -> tuple[str, ...]:
    return tuple(_PREFIX + each for each in get_close_matches(name[:80], CONTEXT_FIELDS, 3, 0.6))


def _is_known(field: ContextField, given: Any) -> bool:
    """EHRbase takes the code or what it says."""
    name = field.group or ""
    codes = code_set(_GROUPS.get(name, name)).codes
    return given in codes or given in codes.values()
