"""The SQL of a search: each goes along one index, so that a page costs as much as it has rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from audit.domain.search import Filters, Place

_COLUMNS: Final = """
e.idx, e.stream, e.sequence, e.event_id, e.kind, e.occurred_at, e.actor, e.patient_ids, e.ehr_ids,
e.version_uid, e.template_id, e.outcome, e.correlation_id, e.repaired
"""
#: After every character that a subject has after a dot.
_AFTER_PREFIX: Final = chr(ord(".") + 1)


@dataclass(frozen=True, slots=True)
class _Order:
    """Where a search finds its rows in order. `after` is a condition with a page's last place."""

    source: str
    columns: str
    after: str


_LOGGED: Final = _Order("audit_entry e", "e.idx desc", "e.idx < {index}")
_OF_A_PATIENT: Final = _Order(
    "audit_entry_patient p join audit_entry e on e.idx = p.idx", "p.idx desc", "p.idx < {index}"
)
#: In the order of the log, an old period would be reached through everything that is newer.
_IN_A_PERIOD: Final = _Order(
    "audit_entry e", "e.occurred_at desc, e.idx desc", "(e.occurred_at, e.idx) < ({time}, {index})"
)


def entry_query(filters: Filters, after: Place | None, limit: int) -> tuple[str, list[Any]]:
    """A statement and its parameters."""
    order = _order(filters)
    parameters: list[Any] = []
    terms = []
    for term, values in _terms(filters, order, after):
        places = {name: f"${len(parameters) + n}" for n, name in enumerate(values, 1)}
        terms.append(term.format_map(places))
        parameters += values.values()
    where = " and ".join(terms) or "true"
    statement = (
        f"select {_COLUMNS} from {order.source} where {where} order by {order.columns} limit {limit:d}"  # noqa: S608  texts of this file; values are parameters
    )
    return statement, parameters


def _order(filters: Filters) -> _Order:
    if filters.patient_id:
        return _OF_A_PATIENT
    if filters.actor is None and (filters.since or filters.until):
        return _IN_A_PERIOD
    return _LOGGED


def _terms(filters: Filters, order: _Order, after: Place | None) -> Iterator[tuple[str, dict[str, Any]]]:
    if after is not None:
        named = {"time": after.time, "index": after.index}
        yield order.after, {name: value for name, value in named.items() if f"{{{name}}}" in order.after}
    if filters.patient_id:
        yield "p.patient_id = {patient}", {"patient": filters.patient_id}
    if filters.actor:
        yield "e.actor = {actor}", {"actor": filters.actor}
    if filters.kind and filters.kind.endswith("."):
        beyond = filters.kind[:-1] + _AFTER_PREFIX
        yield "e.kind >= {prefix} and e.kind < {beyond}", {"prefix": filters.kind, "beyond": beyond}
    elif filters.kind:
        yield "e.kind = {kind}", {"kind": filters.kind}
    if filters.since:
        yield "e.occurred_at >= {since}", {"since": filters.since}
    if filters.until:
        yield "e.occurred_at < {until}", {"until": filters.until}
