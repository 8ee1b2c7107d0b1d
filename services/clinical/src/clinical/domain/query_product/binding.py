"""A product's text as it is run: values in place of its parameters, the page that is asked for.

The record's EHRs and the caller's templates are added afterwards, as for any query (`aql.restricted`).
"""

from collections.abc import Iterator, Mapping

from clinical.domain.aql.query import (
    TEMPLATE_PATH,
    ClassExpression,
    Comparison,
    Predicate,
    Query,
    Source,
)
from clinical.domain.aql.query import values as operands
from clinical.domain.aql.rewriting import Rewriting
from clinical.domain.query_product.model import EHR_PARAMETER, Definition, Value
from clinical.domain.query_product.paging import FIRST, Place, condition, keys
from clinical.domain.query_product.parsing import parsed
from clinical.domain.query_product.values import printed

_OF_THE_RECORD = ("[", "ehr_id", "/", "value", "=", f"${EHR_PARAMETER}", "]")


def is_bound_by_parameter(query: Query) -> bool:
    """Whether it says EHR e[ehr_id/value=$ehr_id]."""
    return _of_the_record(query) is not None


def bound(definition: Definition, values: Mapping[str, Value], rows: int, place: Place = FIRST) -> str:
    """`rows` of it, from `place` on. EHRbase is sent no parameters: to COUNT with any it answers 500."""
    query = parsed(definition.aql)
    rewriting = Rewriting(query)
    predicate = _of_the_record(query)
    if predicate is not None:  # the record may be more than one EHR: all of them are named later
        rewriting.replace(predicate.start, "", until=predicate.end)
    declared = definition.declared
    for index, token in enumerate(query.tokens):
        if token.type == "PARAMETER" and token[1:] in values:
            name = str(token[1:])
            rewriting.replace(index, printed(declared[name], values[name]), until=index + 1)
    if place.keys:
        rewriting.require(condition(keys(query), place))
    if query.limit is not None:
        page = f"LIMIT {rows} OFFSET {place.skip}" if place.skip else f"LIMIT {rows}"
        rewriting.replace(query.limit.start, page, until=len(query.tokens))
    return str(rewriting)


def row_limit(definition: Definition) -> int:
    """On all pages together: what LIMIT says."""
    limit = parsed(definition.aql).limit
    return definition.limits.rows if limit is None else min(int(limit.rows), definition.limits.rows)


def templates_of(definition: Definition) -> tuple[str, ...]:
    """Those it declares, and those of which its text says that they have to be."""
    return tuple(sorted({*definition.templates, *templates_needed(definition, {})}))


def templates_needed(definition: Definition, given: Mapping[str, Value]) -> set[str]:
    """Without which no row is found, by conditions of every row that name one template and no other.

    What the text compares with a parameter is known when it is run: with the values that are `given`.
    """
    query = parsed(definition.aql)
    needed: set[str] = set()
    for comparison in _of_every_row(query):
        if comparison.path[-3:] == TEMPLATE_PATH and comparison.operator in {"=", "MATCHES"}:
            named = [value for each in operands(comparison, given) for value in _each(each)]
            needed |= set(named) if len(named) == 1 else set()
    return needed


def _of_every_row(query: Query) -> Iterator[Comparison]:
    if query.where is not None:
        yield from query.where.condition.required
    source: Source | None = query.source
    while isinstance(source, ClassExpression) and not source.negated:
        if source.predicate is not None and len(source.predicate.alternatives) == 1:
            yield from source.predicate.alternatives[0].comparisons
        source = source.contains


def _each(value: object) -> Iterator[str]:
    if isinstance(value, tuple):
        yield from map(str, value)
    elif value is not None:
        yield str(value)


def _of_the_record(query: Query) -> Predicate | None:
    source = query.source
    if not isinstance(source, ClassExpression) or source.type.upper() != "EHR" or source.predicate is None:
        return None
    inside = tuple(map(str, query.tokens[source.predicate.start : source.predicate.end]))
    return source.predicate if inside == _OF_THE_RECORD else None
