"""The product's own statements with the product's own arguments, over asyncpg: what PostgreSQL alone takes.

Everything from the body of a request to the rows of the answer is the product's code; only the way to the
database is another one than Prisma.
"""

import json
import time
from collections.abc import Sequence
from datetime import date
from typing import Any, cast
from unittest.mock import patch
from uuid import UUID

import asyncpg
from openward_contracts.identifiers import PatientId
from patients.adapters.db import Prisma
from patients.adapters.matching.candidates import PrismaCandidates
from patients.adapters.search import prisma_search
from patients.api.matching_schemas import MatchRequest
from patients.api.search_schemas import PatientSearch
from patients.domain.duplicates import Judge
from patients.domain.identifier_domain import Domains
from patients.domain.matching.model import Model
from patients.domain.ports import DomainRepository
from patients.domain.search_criteria import Criteria
from patients.service.duplicates import DuplicateSearch
from patients.service.looking import Look

from bench.registry_queries import Kind, Question


class Direct:
    """Looks like the part of Prisma's client that runs SQL; `seconds` is what its statements took."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.seconds = 0.0

    async def query_raw(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        started = time.perf_counter()
        rows = await self._connection.fetch(query, *parameters)
        self.seconds += time.perf_counter() - started
        return [dict(row) for row in rows]


async def direct(url: str) -> asyncpg.Connection:
    """Takes and gives what Prisma does: days and times as text, JSON as what it means."""
    connection = await asyncpg.connect(url)
    for name in ("date", "timestamptz", "uuid"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=_text, decoder=str)
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
    return connection


def _text(value: str | date | UUID) -> str:
    return str(value)


class Asking:
    """Answers questions as the service would, and says how long the database took, and who was found."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._database = Direct(connection)
        database = cast("Prisma", self._database)
        self._index = prisma_search.PrismaSearch(database)
        domains = cast("DomainRepository", _NoDomains())
        self._duplicates = DuplicateSearch(PrismaCandidates(database), domains, Judge(Model.load()))

    async def ask(self, question: Question) -> tuple[float, bool]:
        """Seconds, and whether the person was in the answer. Of a match with fetching and weighing."""
        if question.kind is Kind.MATCH:
            started = time.perf_counter()
            looked = await self._duplicates.look(MatchRequest.model_validate(question.body).record)
            seconds = time.perf_counter() - started
            return seconds, question.whom in {one.hit.patient_id for one in looked.scored}
        self._database.seconds = 0.0
        found = await self._search(PatientSearch.model_validate(question.body))
        return self._database.seconds, question.whom in found

    async def _search(self, wanted: PatientSearch) -> set[PatientId]:
        criteria = Criteria.of(wanted.search(), None)
        with patch.object(prisma_search, "timed", Direct.query_raw):
            hits, _ = await Look(self._index, criteria, restricted=False, region=None).page(
                None, wanted.limit
            )
        return {hit.patient.id for hit in hits}


async def measured(asking: Asking, questions: Sequence[Question]) -> tuple[list[float], float]:
    """Seconds of each, and the share of people found; one after the other."""
    answers = [await asking.ask(question) for question in questions]
    return [seconds for seconds, _ in answers], sum(found for _, found in answers) / len(answers)


class _NoDomains:
    """Nobody has declared a system of identifiers."""

    async def current(self) -> Domains:
        return Domains()
