"""The product's own statements with its own arguments: what PostgreSQL alone takes.

Everything from the body of a request to the rows of the answer is the product's code, but for the clock. What
it said to the database is then said again with several questions in flight, and nothing else is done.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import asyncpg
from openward_contracts.identifiers import PatientId
from openward_servicekit.database import unchanged
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

Statement = tuple[str, Sequence[object]]


class TimedQuestions(Questions):
    """`seconds` is what the statements took, `said` what they were."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__(pool)
        self.seconds = 0.0
        self.said: list[Statement] = []

    async def query_raw(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        started = time.perf_counter()
        rows = await super().query_raw(query, *parameters)
        self.seconds += time.perf_counter() - started
        self.said.append((query, parameters))
        return rows


@asynccontextmanager
async def database(url: str, connections: int = 1) -> AsyncIterator[TimedQuestions]:
    pool = asyncpg.create_pool(url, min_size=connections, max_size=connections, init=prepare, reset=unchanged)
    async with pool:
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
        self._db.said = []
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


@dataclass(frozen=True)
class Alone:
    """Seconds of each, the share of people found, and what was said to the database for each."""

    seconds: Sequence[float]
    found: float
    statements: Sequence[Sequence[Statement]]


async def measured(db: TimedQuestions, questions: Sequence[Question]) -> Alone:
    """One after the other."""
    asking = Asking(db)
    answers, said = [], []
    for question in questions:
        answers.append(await asking.ask(question))
        said.append(tuple(db.said))
    found = sum(each for _, each in answers) / len(answers)
    return Alone([seconds for seconds, _ in answers], found, said)


async def together(
    db: TimedQuestions, statements: Sequence[Sequence[Statement]], in_flight: int
) -> list[float]:
    """Seconds that the statements of each question take with so many questions in flight."""
    seconds: list[float] = []
    waiting = iter(statements)

    async def worker() -> None:
        for each in waiting:
            started = time.perf_counter()
            for query, parameters in each:
                await db.query_raw(query, *parameters)
            seconds.append(time.perf_counter() - started)

    async with asyncio.TaskGroup() as workers:
        for _ in range(in_flight):
            workers.create_task(worker())
    return seconds


class _NoDomains:
    """Nobody has declared a system of identifiers."""

    async def current(self) -> Domains:
        return Domains()
