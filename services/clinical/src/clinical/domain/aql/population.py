"""A query over all EHRs: which of them are in the answer has to be known, and some are in none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from openward_contracts.identifiers import EhrId

from clinical.domain.aql.query import Query
from clinical.domain.aql.reading import read
from clinical.domain.aql.rewriting import Rewriting, quoted
from clinical.domain.aql.scope import root_ehr
from clinical.domain.aql.templates import restrict_templates

_ALIAS: Final = "openward_ehr"
#: What EHRbase adds to SELECT is never the caller's: two columns more than were asked for.
ADDED_COLUMNS: Final = 2


@dataclass(frozen=True, slots=True)
class Population:
    """`text` is what is sent; in it each row ends with its EHR's id and the mark, if it is `marked`.

    Of what is put together from many EHRs (DISTINCT, COUNT, MAX) no row says whose it is. Then `searched`
    asks for all EHRs in which something was found, in an order in which they can be paged.
    """

    text: str
    searched: str | None

    @property
    def marked(self) -> bool:
        return self.searched is None


def population(
    text: str, mark: str, template_ids: Sequence[str] | None = None, hidden: Sequence[EhrId] = ()
) -> Population:
    """The query over all EHRs that allow queries, but the `hidden`; of some templates' compositions only.

    `mark`: a string that nobody could foresee, so that nothing else in an answer is taken for it.

    Raises:
        QueryUnreadable, QueryNotBound: as `restricted`.
    """
    query = read(text)
    rewriting, ehr = _restricted(query, template_ids, hidden)
    if query.selects_rows:
        mine = f", {ehr}/ehr_id/value AS {query.free_name('openward_ehr_id')}"
        row = f", {quoted(mark)} AS {query.free_name('openward_row')}"
        rewriting.insert(query.source.start - 1, mine + row)
        return Population(str(rewriting), None)
    searching, ehr = _restricted(query, template_ids, hidden)
    searching.replace(0, f"SELECT DISTINCT {ehr}/ehr_id/value", until=query.source.start - 1)
    searching.replace(query.tail, f"ORDER BY {ehr}/ehr_id/value", until=len(query.tokens))
    return Population(str(rewriting), str(searching))


def _restricted(
    query: Query, template_ids: Sequence[str] | None, hidden: Sequence[EhrId]
) -> tuple[Rewriting, str]:
    """And the name of the EHR in it."""
    rewriting, ehr = Rewriting(query), root_ehr(query)
    alias = query.free_name(_ALIAS) if ehr is None or ehr.alias is None else ehr.alias
    if ehr is None:
        rewriting.insert(query.source.start, f"EHR {alias} CONTAINS")
    elif ehr.alias is None:
        rewriting.insert(ehr.named, alias)
    same = [other for other in query.classes if other.alias == alias]
    if len(same) > 1:
        raise query.not_bound(same[1].start, "its alias is that of the EHR")
    if template_ids is not None:
        restrict_templates(rewriting, template_ids)
    rewriting.require(f"{alias}/ehr_status/is_queryable = true")
    if hidden:
        ids = ", ".join(quoted(str(ehr_id)) for ehr_id in hidden)
        rewriting.require(f"NOT {alias}/ehr_id/value matches {{{ids}}}")
    return rewriting, alias
