"""Whether a product keeps what it promises: everything that is wrong, at once, with line and column.

What is asked of EHRbase and of the templates (does it run there, do they exist) is not known here:
`service/query_product_lint.py` adds it.
"""

from collections.abc import Iterator, Sequence

from openward_contracts.identifiers import EhrId

from clinical.domain.aql import Scope, population, restricted
from clinical.domain.aql.place import line_and_column
from clinical.domain.aql.query import Query
from clinical.domain.errors import QueryNotBound, QueryUnreadable
from clinical.domain.query_product.binding import is_bound_by_parameter
from clinical.domain.query_product.clauses import ordered, selected
from clinical.domain.query_product.features import features
from clinical.domain.query_product.model import EHR_PARAMETER, Definition, Finding, Reach
from clinical.domain.query_product.naming import is_name
from clinical.domain.query_product.paging import is_one_row, keys
from clinical.domain.query_product.parsing import parsed
from clinical.domain.query_product.promised import kind_of, promised

#: Two of each, so that what only one of them could be combined with is found.
_SOME_EHRS = (EhrId("00000000-0000-0000-0000-000000000001"), EhrId("00000000-0000-0000-0000-000000000002"))
_SOME_TEMPLATES = ("a", "b")


def lint(name: str, definition: Definition, most_rows: int, most_seconds: float) -> list[Finding]:
    """`most_rows`, `most_seconds`: of the service."""
    findings = [*_name(name), *_limits(definition, most_rows, most_seconds), *promised(definition)]
    try:
        query = parsed(definition.aql)
    except QueryUnreadable as unreadable:
        return [_refusal("unreadable", unreadable), *findings]
    text = [*_features(query), *_scope(definition, query), *_paging(definition, query)]
    text += [*_parameters(definition, query), *_columns(definition, query)]
    return sorted(text, key=lambda each: (each.line or 0, each.column or 0)) + findings


def at(query: Query, index: int, code: str, detail: str, *, warning: bool = False) -> Finding:
    """About the token of that index, or what follows the last."""
    start = query.tokens[index].start_pos if index < len(query.tokens) else len(query.text)
    line, column = line_and_column(query.text, start or 0)
    return Finding(code, detail, line=line, column=column, warning=warning)


def _name(name: str) -> Iterator[Finding]:
    if not is_name(name):
        detail = "A name is a slug, or namespace::slug, of small letters, digits, - and _."
        yield Finding("name-malformed", detail, pointer="")


def _limits(definition: Definition, most_rows: int, most_seconds: float) -> Iterator[Finding]:
    if definition.limits.rows > most_rows:
        yield Finding("limit-too-high", f"At most {most_rows} rows.", "/limits/rows")
    if definition.limits.seconds > most_seconds:
        yield Finding("limit-too-high", f"At most {most_seconds:g} seconds.", "/limits/seconds")


def _features(query: Query) -> Iterator[Finding]:
    for code, detail, index in features(query):
        yield at(query, index, code, detail)


def _scope(definition: Definition, query: Query) -> Iterator[Finding]:
    bound = is_bound_by_parameter(query)
    if definition.reach is Reach.PATIENT and not bound:
        detail = "A product over one record begins with EHR e[ehr_id/value=$ehr_id], whoever runs its text."
        yield at(query, query.source.start, "unscoped", detail)
    try:
        if definition.reach is Reach.POPULATION:
            population(definition.aql, "mark", _SOME_TEMPLATES)
        restricted(definition.aql, Scope(_SOME_EHRS, _SOME_TEMPLATES))
    except QueryNotBound as refusal:
        yield _refusal("not-bound", refusal)


def _refusal(code: str, refusal: QueryNotBound | QueryUnreadable) -> Finding:
    line, column = (int(refusal.extensions[name]) for name in ("line", "column"))
    return Finding(code, str(refusal.detail), line=line, column=column)


def _paging(definition: Definition, query: Query) -> Iterator[Finding]:
    if query.limit is None:
        yield at(query, len(query.tokens), "limit-missing", "Say LIMIT: how many rows there are at most.")
    else:
        yield from _limit(definition, query)
    columns = {column.text for column in selected(query)}
    for order in ordered(query):
        if order.path not in columns:
            detail = "EHRbase orders by paths that are selected, as they are written there."
            yield at(query, order.start, "order-not-selected", detail)
        elif "/" not in order.path:
            yield at(query, order.start, "order-of-object", "Order by a value: name the path to it.")
    if not is_one_row(query):
        yield from _order(query)


def _limit(definition: Definition, query: Query) -> Iterator[Finding]:
    limit = query.limit
    if limit is None:
        return
    if len(limit.rows) > 9 or not 0 < int(limit.rows) <= definition.limits.rows:
        detail = f"LIMIT is from 1 to the limit of rows of the product, {definition.limits.rows}."
        yield at(query, limit.start, "limit-too-high", detail)
    if limit.offset is not None:
        yield at(
            query, limit.start + 2, "offset-in-text", "Pages are asked for with a cursor, not by OFFSET."
        )


def _order(query: Query) -> Iterator[Finding]:
    order = ordered(query)
    if not order:
        detail = "Pages need an order: ORDER BY, at last by c/uid/value or e/ehr_id/value."
        yield at(query, query.tail, "order-missing", detail)
        return
    if not keys(query).total:
        detail = (
            "Rows that this does not tell apart have no order: end it with c/uid/value or e/ehr_id/value."
        )
        yield at(query, order[-1].start, "order-not-total", detail)
    elif not keys(query).seekable:
        detail = (
            "Pages are counted: rows written meanwhile move them. By uids, and times in WHERE, they stay."
        )
        yield at(query, order[0].start, "paging-by-offset", detail, warning=True)


def _parameters(definition: Definition, query: Query) -> Iterator[Finding]:
    declared, used = definition.declared, set[str]()
    for index, token in enumerate(query.tokens):
        if token.type != "PARAMETER":
            continue
        name = str(token[1:])
        first, used = name not in used, used | {name}
        if name == EHR_PARAMETER:
            yield from _of_the_ehr(definition, query, index)
        elif name not in declared:
            if first:
                yield at(
                    query, index, "parameter-undeclared", "The text uses it and parameters do not name it."
                )
        else:
            yield from _place(query, index, many=declared[name].many)
    for number, parameter in enumerate(definition.parameters):
        if parameter.name not in used:
            yield Finding("parameter-unused", "The text does not use it.", f"/parameters/{number}/name")


def _of_the_ehr(definition: Definition, query: Query, index: int) -> Iterator[Finding]:
    predicate = getattr(query.source, "predicate", None)
    inside = predicate is not None and predicate.start <= index < predicate.end
    if definition.reach is Reach.POPULATION or not inside:
        detail = (
            "$ehr_id stands for the record, in the predicate of EHR and for products over one record alone."
        )
        yield at(query, index, "parameter-reserved", detail)


def _place(query: Query, index: int, *, many: bool) -> Iterator[Finding]:
    before, after = query.tokens[index - 1].type, query.tokens[index + 1 : index + 2]
    listed = before in {"LBRACE", "COMMA"} and bool(after) and after[0].type in {"COMMA", "RBRACE"}
    if many and not listed:
        yield at(query, index, "parameter-misplaced", "A list of values stands in MATCHES {…} alone.")
    elif not listed and before not in {"COMPARE", "LIKE", "COMMA"}:
        detail = "A parameter stands for a value: after a comparison, LIKE, or in MATCHES {…}."
        yield at(query, index, "parameter-misplaced", detail)


def _columns(definition: Definition, query: Query) -> Iterator[Finding]:
    columns = selected(query)
    for number, (column, shown) in enumerate(zip(definition.columns, columns, strict=False)):
        if shown.alias is None:
            yield at(query, shown.start, "column-without-alias", "Say AS <name>, as in columns.")
        elif shown.alias != column.name:
            detail = f"The text calls this column {shown.alias}."
            yield Finding("column-name", detail, f"/columns/{number}/name")
    if len(columns) != len(definition.columns):
        detail = f"SELECT has {len(columns)} columns, and {len(definition.columns)} are described."
        yield at(query, columns[-1].start, "columns-differ", detail)
    yield from _kinds(definition, query)


def _kinds(definition: Definition, query: Query) -> Iterator[Finding]:
    for number, (column, shown) in enumerate(zip(definition.columns, selected(query), strict=False)):
        possible = kind_of(shown, query)
        if possible and column.kind not in possible:
            detail = f"What is selected is {' or '.join(sorted(possible))}."
            yield Finding("column-type", detail, f"/columns/{number}/type")


def problems(findings: Sequence[Finding]) -> list[Finding]:
    """Those for which a product is refused."""
    return [each for each in findings if not each.warning]
