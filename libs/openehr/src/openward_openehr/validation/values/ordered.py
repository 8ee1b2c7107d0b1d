"""What everything that has an order can have besides its value. Source: openEHR RM, DV_ORDERED, DV_AMOUNT."""

from typing import Final

from openward_openehr.validation.problem import Rule
from openward_openehr.validation.terminology import code_set
from openward_openehr.validation.values.leaf import Leaf

_MAGNITUDE_STATUS: Final = ("=", "<", ">", "<=", ">=", "~")
_WHOLE: Final = 100


def ordered(leaf: Leaf) -> None:
    status = leaf.values.get("normal_status")
    if status is not None and status not in (codes := code_set("normal statuses").codes):
        leaf.wrong(Rule.UNKNOWN_CODE, "normal_status", {"codes": [{"value": code} for code in codes]})


def quantified(leaf: Leaf) -> None:
    ordered(leaf)
    status = leaf.values.get("magnitude_status")
    if status is not None and status not in _MAGNITUDE_STATUS:
        leaf.wrong(
            Rule.UNKNOWN_CODE, "magnitude_status", {"codes": [{"value": v} for v in _MAGNITUDE_STATUS]}
        )


def amount(leaf: Leaf) -> None:
    quantified(leaf)
    accuracy, percent = leaf.values.get("accuracy"), leaf.values.get("accuracy_is_percent")
    if accuracy is None or not percent:
        return
    if accuracy == 0:
        leaf.wrong(Rule.INCONSISTENT, "accuracy_is_percent", {"value": False})
    elif not 0 <= accuracy <= _WHOLE:
        leaf.wrong(Rule.OUT_OF_RANGE, "accuracy", {"range": {"min": 0, "max": _WHOLE}})
