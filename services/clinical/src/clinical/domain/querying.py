"""What a query is, and what running one needs from outside."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.auth import Permission

from clinical.domain.aql import read, rows_wanted
from clinical.domain.errors import QueryRejected, QueryRowsTooMany
from clinical.domain.refusals import refusal, said
from clinical.domain.result_set import RowLimits

_QUOTING: Final = re.compile(r"(Cannot parse )SELECT\b.*(: [^:]+)$", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Demand:
    """What a query may take of EHRbase: `seconds`, None for as long as any; a place among `reports`."""

    seconds: float | None = None
    report: bool = False


@dataclass(frozen=True)
class Query:
    """`parameters` are the values of `$name` in `q`; `fetch` and `offset` page through the rows.

    `known_as`: the text that it was made of, by which access records know it.
    """

    q: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    fetch: int | None = None
    offset: int | None = None
    demand: Demand = Demand()
    known_as: str | None = None

    @property
    def used_parameters(self) -> dict[str, object]:
        """As EHRbase takes them. Those that `q` does not name are left out: EHRbase 2.16 fails over any."""
        names = read(self.q).parameters
        used = {name: value for name, value in self.parameters.items() if name in names}
        return {"query_parameters": used} if used else {}

    def paging(self, limits: RowLimits) -> dict[str, int]:
        """What EHRbase is told of it; what it refuses itself is passed on.

        Raises:
            QueryUnreadable.
            QueryRowsTooMany: in EHRbase's words, for a limit of ours that may be lower.
        """
        wanted, asked = rows_wanted(self.q), {"fetch": self.fetch, "offset": self.offset}
        given = {name: number for name, number in asked.items() if number is not None}
        if wanted is not None and wanted > limits.maximum:
            raise _too_many(f"Query LIMIT {wanted} exceeds maximum limit {limits.maximum}")
        if self.fetch is not None and self.fetch > limits.maximum:
            raise _too_many(f"Fetch parameter {self.fetch} exceeds maximum fetch {limits.maximum}")
        return given if given or wanted is not None else {"fetch": limits.default}


def _too_many(message: str) -> QueryRowsTooMany:
    failure = QueryRowsTooMany(message)
    failure.__cause__ = refusal(422, message)
    return failure


def in_words_of_the_caller(rejected: QueryRejected, q: str) -> None:
    """Where EHRbase quotes the query that it was sent, the caller's own takes its place."""
    told = said(rejected)
    if told is not None and (message := told.extensions.get("message")):
        told.extensions["message"] = _QUOTING.sub(lambda found: f"{found[1]}{q}{found[2]}", message)


@dataclass(frozen=True)
class Right:
    """By what a caller may run a query: `permission` on the query named `target`.

    `population`: what the same query over all EHRs needs on top; None: nothing more.
    """

    permission: Permission
    target: str
    population: Permission | None = None


class QueryEngine(Protocol):
    async def run(
        self, asked: Mapping[str, object], take: Callable[[bytes], None], demand: Demand = ...
    ) -> None:
        """Hands on an answer to AQL block by block.

        Raises:
            QueryRejected: from a refusal with EHRbase's own words.
            QueryTimeout, QueryAnswerTooLarge: it was given up.
        """

    async def template_ids(self) -> Sequence[str]:
        """All there are, or were some seconds ago."""


class QueryableEhrs(Protocol):
    async def unqueryable(self, ehr_ids: Sequence[EhrId]) -> set[EhrId]:
        """Those of them whose EHR_STATUS allows no queries."""


class EhrOwners(Protocol):
    async def patients_of(self, ehr_ids: Sequence[EhrId]) -> Mapping[EhrId, PatientId]:
        """EHRs of nobody are left out."""
