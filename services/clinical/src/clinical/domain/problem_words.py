"""What is wrong in a composition, in a few words for people; values are never among them."""

from collections.abc import Mapping
from typing import Final

from openward_contracts.composition_problem import CompositionProblem
from openward_openehr.validation import Rule

_WORDS: Final[Mapping[str, str]] = {
    Rule.UNKNOWN_PATH: "is no path of the template",
    Rule.UNREACHABLE_PATH: "is out of reach without its siblings",
    Rule.MALFORMED_PATH: "is no path",
    Rule.MISSING_REQUIRED: "is missing",
    Rule.MISSING_SUFFIX: "lacks a part",
    Rule.TOO_MANY: "is there too often",
    Rule.WRONG_TYPE: "is of the wrong type",
    Rule.WRONG_FORMAT: "is not written as it has to be",
    Rule.OUT_OF_RANGE: "is out of range",
    Rule.UNKNOWN_UNIT: "has a unit that the template does not have",
    Rule.UNKNOWN_CODE: "has a code that the template does not have",
    Rule.WRONG_TERMINOLOGY: "is of another terminology",
    Rule.WRONG_RUBRIC: "says something else than its code",
    Rule.PRECISION: "has another precision",
    Rule.PATTERN: "does not match its pattern",
    Rule.CARDINALITY: "has too few or too many members",
    Rule.CHOICE: "is none of what may be chosen",
    Rule.INCONSISTENT: "contradicts something else",
    Rule.NOT_IN_TEMPLATE: "is not in the template",
    Rule.WRONG_TEMPLATE: "is of another template",
}
_OTHERWISE: Final = "does not fit the template"


def words(problem: CompositionProblem) -> str:
    said = _WORDS.get(problem.code, _OTHERWISE)
    return f"{problem.label}: {said}" if problem.label else said
