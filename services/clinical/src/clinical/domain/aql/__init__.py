"""AQL: read, restricted to what may be seen, printed anew.

What goes to EHRbase is what this package prints: see rewriting.py for why that is what EHRbase reads.
"""

from collections.abc import Iterator, Mapping, Sequence

from openward_contracts.identifiers import EhrId

from clinical.domain.aql.population import Population, population
from clinical.domain.aql.query import Comparison, Query, values
from clinical.domain.aql.reading import read
from clinical.domain.aql.rewriting import Rewriting
from clinical.domain.aql.scope import EHR_ID, Scope, restrict, root_ehr

__all__ = [
    "Population",
    "Query",
    "Scope",
    "bind_to_ehrs",
    "named_ehr",
    "population",
    "read",
    "restricted",
    "rows_wanted",
]


def restricted(text: str, scope: Scope, parameters: Mapping[str, object] | None = None) -> str:
    """The query as it is sent to EHRbase, together with these parameters, with the scope's conditions in it.

    Raises:
        QueryUnreadable: not AQL; with line and column, and what was expected.
        QueryNotBound: it cannot be shown that nothing but what is in the scope comes out.
    """
    rewriting = Rewriting(read(text))
    restrict(rewriting, scope, parameters or {})
    return str(rewriting)


def bind_to_ehrs(text: str, ehr_ids: Sequence[EhrId]) -> str:
    """One query for all of them: what it counts, sorts and pages is right whatever EHR it is in.

    Raises:
        QueryUnreadable, QueryNotBound: as `restricted`.
    """
    return restricted(text, Scope(ehr_ids))


def named_ehr(text: str, parameters: Mapping[str, object]) -> EhrId | None:
    """The one EHR that a query asks for itself: `EHR e[ehr_id/value=$ehr_id]`, or the same in WHERE.

    Raises:
        QueryUnreadable: as `restricted`.
        QueryNotBound: what it says there is no id of an EHR.
    """
    query = read(text)
    for comparison in _of_its_ehr(query):
        named = list(values(comparison, parameters)) if comparison.operator in {"=", "MATCHES"} else []
        if len(named) == 1:
            try:
                return EhrId(str(named[0]))
            except ValueError:
                raise query.not_bound(query.source.start, "the EHR's id is not a UUID") from None
    return None


def rows_wanted(text: str) -> int | None:
    """The number after LIMIT, if the query has one: EHRbase refuses that together with `fetch`."""
    limit = read(text).limit
    return None if limit is None else _number(limit.rows)


def _of_its_ehr(query: Query) -> Iterator[Comparison]:
    """The comparisons of the id of its EHR that hold for every row."""
    ehr = root_ehr(query)
    if ehr is None:
        return
    if ehr.predicate is not None and len(ehr.predicate.alternatives) == 1:
        comparisons = ehr.predicate.alternatives[0].comparisons
        yield from (comparison for comparison in comparisons if comparison.path == EHR_ID)
    if ehr.alias is not None and query.where is not None:
        required = query.where.condition.required
        yield from (comparison for comparison in required if comparison.path == (ehr.alias, *EHR_ID))


def _number(digits: str) -> int:
    """Python reads no numbers of more than some thousand digits; nobody needs more than this many rows."""
    return int(digits[-18:]) if len(digits.lstrip("0")) <= 18 else 10**18
