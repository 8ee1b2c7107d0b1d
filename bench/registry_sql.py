"""The product's own statements with its own arguments, on one connection: what PostgreSQL alone takes.

Everything from the body of a request to the rows of the answer is the product's code, but for the clock.
"""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
from openward_contracts.identifiers import PatientId
from patients.adapters.matching.candidates import PostgresCandidates
from patients.adapters.questions import Questions, prepare
from patients.adapters.search.postgres_search import PostgresSearch
from patients.api.matching_schemas import MatchRequest
from patients.api.search_schemas import PatientSearch
from patients.domain.duplicates.judging import Judge
from patients.domain.identifier_domain import Domains
from patients.domain.matching.model import Model
from patients.domain.ports import DomainRepository
from patients.domain.search.criteria import Criteria
from patients.service.duplicates import DuplicateSearch
from patients.service.looking import Look

from bench.registry_queries import Kind, Question


class TimedQuestions(Questions):
    """`seconds` is what the statements took."""

    seconds = 0.0

    async def query_raw(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        started = time.perf_counter()
        rows = await super().query_raw(query, *parameters)
        self.seconds += time.perf_counter() - started
        return rows


@asynccontextmanager
async def database(url: str) -> AsyncIterator[TimedQuestions]:
    async with asyncpg.create_pool(url, min_size=1, max_size=1, init=prepare) as pool:
        yield TimedQuestions(pool)


class Asking:
    """Answers questions as the service would, and says how long the database took, and who was found."""

    def __init__(self, db: TimedQuestions) -> None:
        self._db = db
        self._index = PostgresSearch(db)
        domains = cast("DomainRepository", _NoDomains())
        self._duplicates = DuplicateSearch(PostgresCandidates(db), domains, Judge(Model.load()))

    async def ask(self, question: Question) -> tuple[float, bool]:
        """Seconds, and whether the person was in the answer. Of a match with fetching and weighing."""
        if question.kind is Kind.MATCH:
            started = time.perf_counter()
            looked = await self._duplicates.look(MatchRequest.model_validate(question.body).record)
            seconds = time.perf_counter() - started
            return seconds, question.whom in {one.hit.patient_id for one in looked.scored}
        self._db.seconds = 0.0
        found = await self._search(PatientSearch.model_validate(question.body))
        return self._db.seconds, question.whom in found

    async def _search(self, wanted: PatientSearch) -> set[PatientId]:
        look = Look(self._index, Criteria.of(wanted.search(), None), restricted=False, region=None)
        hits, _ = await look.page(None, wanted.limit)
        return {hit.patient.id for hit in hits}


async def measured(asking: Asking, questions: Sequence[Question]) -> tuple[list[float], float]:
    """Seconds of each, and the share of people found; one after the other."""
    answers = [await asking.ask(question) for question in questions]
    return [seconds for seconds, _ in answers], sum(found for _, found in answers) / len(answers)


class _NoDomains:
    """Nobody has declared a system of identifiers."""

    async def current(self) -> Domains:
        return Domains()
