"""Whether a composition is what its template and the reference model want: every problem, with its path.

Nothing is read or written but the arguments; no input makes it raise, however deep, large or wrong.
"""

from typing import Any

from openward_openehr.validation.canonical.walking import check_canonical
from openward_openehr.validation.compiled import CompiledTemplate
from openward_openehr.validation.compiling import compile  # noqa: A004  as `re.compile`
from openward_openehr.validation.flat import check_flat
from openward_openehr.validation.problem import Format, Problem, Rule
from openward_openehr.validation.structured import check_structured

__all__ = ["CompiledTemplate", "Format", "Problem", "Rule", "compile", "is_refused", "validate"]


def validate(
    compiled: CompiledTemplate,
    composition: Any,
    format: Format = Format.FLAT,  # noqa: A002  the word of openEHR's REST API
) -> list[Problem]:
    """At most 1,000 problems, in the order of the composition, then what is missing; none of them twice.

    `composition` is what a JSON parser makes of it.
    """
    told: dict[tuple[Rule, str], list[Problem]] = {}
    return [problem for problem in _CHECKS[format](compiled, composition) if _is_new(problem, told)]


def _is_new(problem: Problem, told: dict[tuple[Rule, str], list[Problem]]) -> bool:
    """Two nodes of a template may want the same of one place."""
    same = told.setdefault((problem.rule, problem.path), [])
    if any((each.expected, each.tolerated) == (problem.expected, problem.tolerated) for each in same):
        return False
    same.append(problem)
    return True


def is_refused(problems: list[Problem]) -> bool:
    """EHRbase would not store it."""
    return not all(problem.tolerated for problem in problems)


_CHECKS = {
    Format.FLAT: check_flat,
    Format.STRUCTURED: check_structured,
    Format.CANONICAL: check_canonical,
}
