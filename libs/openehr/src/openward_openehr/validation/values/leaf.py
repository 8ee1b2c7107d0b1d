"""One value of a composition, whatever the format it came in."""

from collections.abc import Callable, Mapping
from typing import Any

from openward_openehr.validation.problem import Rule
from openward_openehr.validation.report import NOTHING, Report
from openward_openehr.validation.spot import Spot
from openward_openehr.web_template.model import Choice, Input

#: More codes than these are not listed as what was expected.
_MOST_CHOICES = 100


class Leaf:
    """`values` by FLAT suffix, None for the value itself; `path_of` gives the caller's path of a suffix."""

    __slots__ = ("path_of", "report", "spot", "values")

    def __init__(
        self,
        spot: Spot,
        values: Mapping[str | None, Any],
        path_of: Callable[[str | None], str],
        report: Report,
    ) -> None:
        self.spot = spot
        self.values = values
        self.path_of = path_of
        self.report = report

    def first(self, *suffixes: str | None) -> tuple[str | None, Any]:
        """The first that is given, with its suffix; (the first suffix, None) if none is."""
        values = self.values
        for suffix in suffixes:
            value = values.get(suffix)
            if value is not None:
                return suffix, value
        return suffixes[0], None

    def wrong(
        self,
        rule: Rule,
        suffix: str | None,
        expected: Mapping[str, Any] | None = None,
        *,
        tolerated: bool = False,
    ) -> None:
        found = self.values.get(suffix, NOTHING)
        self.report.add(rule, self.path_of(suffix), self.spot, expected, found, tolerated=tolerated)

    def missing(self, suffix: str | None, expected: Mapping[str, Any] | None = None) -> None:
        self.report.add(Rule.MISSING_SUFFIX, self.path_of(suffix), self.spot, expected)


def listed(choices: Mapping[str, Choice]) -> dict[str, Any]:
    """What is expected of a code: value and label of each, of the first hundred."""
    first = list(choices.values())[:_MOST_CHOICES]
    return {"codes": [{"value": choice.value, "label": choice.label} for choice in first]}


def is_closed(of: Input | None) -> bool:
    """Its list is all that it takes."""
    return of is not None and bool(of.choices) and not of.list_open


def has_closed_codes(spot: Spot) -> bool:
    """A web template calls the list of codes open where a text may stand instead of a coded text."""
    of = spot.inputs.get("code")
    return of is not None and bool(of.choices) and (not of.list_open or "other" in spot.inputs)
