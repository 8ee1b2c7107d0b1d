"""What a definition says of parameters and columns, for itself; and what a path of the text can lead to."""

from collections.abc import Iterator
from typing import Final

from clinical.domain.aql.query import Query
from clinical.domain.query_product.clauses import Selected
from clinical.domain.query_product.model import (
    EHR_PARAMETER,
    NUMERIC,
    Definition,
    Finding,
    Kind,
    Parameter,
)
from clinical.domain.query_product.patterns import problem_of_pattern
from clinical.domain.query_product.values import problem_of

#: In an address these are not parameters.
RESERVED: Final = frozenset((EHR_PARAMETER, "limit", "cursor"))
_RANGED: Final = NUMERIC | {Kind.DATE, Kind.DATE_TIME}
_BY_NAME: Final = {
    "magnitude": NUMERIC,
    "units": frozenset({Kind.STRING}),
    "code_string": frozenset({Kind.STRING}),
    "archetype_node_id": frozenset({Kind.STRING}),
    "precision": frozenset({Kind.INTEGER}),
    "size": frozenset({Kind.INTEGER}),
}
_IDS: Final = {
    "uid": frozenset({Kind.VERSION_UID, Kind.STRING}),
    "ehr_id": frozenset({Kind.UUID, Kind.STRING}),
}


def promised(definition: Definition) -> Iterator[Finding]:
    """Findings that need no look at the text."""
    yield from _twice("/parameters", [parameter.name for parameter in definition.parameters])
    yield from _twice("/columns", [column.name for column in definition.columns])
    for number, parameter in enumerate(definition.parameters):
        yield from _parameter(f"/parameters/{number}", parameter)


def kind_of(column: Selected, query: Query) -> frozenset[Kind]:
    """What its values can be; empty if that is not known."""
    if column.is_aggregate:
        return _of_aggregate(column)
    if not column.is_path:
        return frozenset()
    if "/" not in column.shown:
        whole = any(each.alias == column.text for each in query.classes)
        return frozenset({Kind.OBJECT}) if whole else frozenset()
    names = [str(token) for token in column.shown if token.type == "IDENTIFIER"]
    if names[-1] == "value" and names[-2] in _IDS:
        return _IDS[names[-2]]
    return _BY_NAME.get(names[-1], frozenset())


def _of_aggregate(column: Selected) -> frozenset[Kind]:
    match column.shown[0].upper():
        case "COUNT":
            return frozenset({Kind.INTEGER})
        case "AVG" | "SUM":
            return NUMERIC
    return frozenset()


def _twice(pointer: str, names: list[str]) -> Iterator[Finding]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Finding("name-twice", "Another is called the same.", f"{pointer}/{number}/name")


def _parameter(pointer: str, parameter: Parameter) -> Iterator[Finding]:
    if parameter.name in RESERVED:
        yield Finding("parameter-reserved", "This name means something else.", f"{pointer}/name")
    if parameter.kind is Kind.OBJECT:
        yield Finding("parameter-type", "A parameter is no object.", f"{pointer}/type")
        return
    if not parameter.required and parameter.default is None:
        yield Finding("default-missing", "What is not required needs a default.", f"{pointer}/default")
    yield from _rules(pointer, parameter)


def _rules(pointer: str, parameter: Parameter) -> Iterator[Finding]:
    wrong = list(_own_rules(pointer, parameter))
    yield from wrong
    if wrong:
        return
    for name, value in (("default", parameter.default), ("example", parameter.example)):
        problem = None if value is None else problem_of(parameter, value)
        if problem is not None:
            yield Finding(f"{name}-invalid", problem, f"{pointer}/{name}")


def _own_rules(pointer: str, parameter: Parameter) -> Iterator[Finding]:
    plain = Parameter(parameter.name, parameter.kind, "")
    for name in ("minimum", "maximum"):
        bound = getattr(parameter, name)
        if bound is not None and parameter.kind not in _RANGED:
            yield Finding("range-misplaced", "Numbers, dates and times have a range.", f"{pointer}/{name}")
        elif bound is not None and (problem := problem_of(plain, bound)):
            yield Finding("range-invalid", problem, f"{pointer}/{name}")
    for number, value in enumerate(parameter.enum):
        if problem := problem_of(plain, value):
            yield Finding("enum-invalid", problem, f"{pointer}/enum/{number}")
    if parameter.pattern is not None and (problem := _pattern(parameter)):
        yield Finding("pattern-invalid", problem, f"{pointer}/pattern")


def _pattern(parameter: Parameter) -> str | None:
    if parameter.kind is not Kind.STRING:
        return "Only strings have a pattern."
    return problem_of_pattern(parameter.pattern or "")
