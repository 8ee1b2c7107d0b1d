"""Restricting a query to EHRs and templates, in its text.

EHRbase answers any query for all EHRs: neither the `ehr_id` parameter nor the `openehr-ehr-id` header of
ITS-REST is read. Ids are put in as strings and not as parameters: EHRbase 2.16 answers 500 to several
queries, such as COUNT(*), as soon as there is any parameter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from openward_contracts.identifiers import EhrId

from clinical.domain.aql.lexer import MAX_LENGTH
from clinical.domain.aql.query import ClassExpression, Group, Predicate, Query, values
from clinical.domain.aql.rewriting import Rewriting, quoted
from clinical.domain.aql.templates import restrict_templates

#: No EHR has it: what a query is bound to if there is none that it may read.
_NONE: Final = "00000000-0000-0000-0000-000000000000"
EHR_ID: Final = ("ehr_id", "value")
#: Of an alternative that says nothing more than `ehr_id/value=…`.
_TOKENS: Final = 5


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be seen: the EHRs, and the templates of the compositions. None is no restriction."""

    ehr_ids: Sequence[EhrId] | None = None
    template_ids: Sequence[str] | None = None


def restrict(rewriting: Rewriting, scope: Scope, parameters: Mapping[str, object]) -> None:
    """Raises QueryNotBound where it cannot be shown that nothing else comes out."""
    if scope.ehr_ids is not None:
        _restrict_ehrs(rewriting, list(map(str, scope.ehr_ids)), parameters)
    if scope.template_ids is not None:
        restrict_templates(rewriting, scope.template_ids)


def root_ehr(query: Query) -> ClassExpression | None:
    """The EHR in which all of the query is contained, if it names one.

    Raises:
        QueryNotBound: there is an EHR elsewhere, or FROM joins what is in no EHR.
    """
    source = query.source
    if isinstance(source, Group):
        raise query.not_bound(source.start, f"{source.operator} has to be in one EHR: EHR e CONTAINS (…)")
    inner = [expression for expression in query.classes if is_ehr(expression) and expression is not source]
    if inner:
        raise query.not_bound(inner[0].start, "EHR may only be the first of FROM")
    return source if is_ehr(source) else None


def is_ehr(expression: ClassExpression) -> bool:
    return expression.type.upper() == "EHR"


def _restrict_ehrs(rewriting: Rewriting, ehr_ids: list[str], parameters: Mapping[str, object]) -> None:
    query, ehr = rewriting.query, root_ehr(rewriting.query)
    ehrs = [f"ehr_id/value={quoted(ehr_id)}" for ehr_id in ehr_ids or [_NONE]]
    if ehr is None:
        rewriting.insert(query.source.start, f"EHR[{' OR '.join(ehrs)}] CONTAINS")
    elif ehr.predicate is None:
        rewriting.insert(ehr.named, f"[{' OR '.join(ehrs)}]")
    elif _named(ehr.predicate, parameters) not in ehr_ids:
        _combine(rewriting, ehr.predicate, ehrs)


def _named(predicate: Predicate, parameters: Mapping[str, object]) -> object:
    """The id that is all that the predicate asks for, if it is.

    A second condition of the same kind would double EHRbase's work for the query and treble PostgreSQL's.
    Only an id spelt as we spell it is one: what else EHRbase takes for the same or another is not known.
    """
    alternative = predicate.alternatives[0]
    if len(predicate.alternatives) > 1 or alternative.end - alternative.start != _TOKENS:
        return None
    equal = [each for each in alternative.comparisons if each.path == EHR_ID and each.operator == "="]
    return next(values(equal[0], parameters), None) if equal else None


def _combine(rewriting: Rewriting, predicate: Predicate, ehrs: list[str]) -> None:
    """(A OR B) AND (C OR D), which a predicate can only say as A AND C OR A AND D OR B AND C OR B AND D."""
    asked = [rewriting.original(each.start, each.end) for each in predicate.alternatives]
    if sum(map(len, asked)) * len(ehrs) > MAX_LENGTH:
        raise rewriting.query.not_bound(predicate.start, "its predicate is too long for so many EHRs")
    combined = " OR ".join(f"{one} AND {ehr}" for one in asked for ehr in ehrs)
    rewriting.replace(predicate.start + 1, combined, until=predicate.end - 1)
