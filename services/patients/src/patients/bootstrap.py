"""The composition root: from settings to use cases. Nothing else in the service builds what it needs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from asyncpg import Pool
from openward_contracts.fhir_view import read_view
from openward_servicekit.access import open_access_records
from openward_servicekit.app import Running
from openward_servicekit.auth import Authorizer
from openward_servicekit.auth.authentication import Authenticator
from openward_servicekit.auth.provider import open_authenticator
from openward_servicekit.database import make_pool
from openward_servicekit.health import Dependency
from openward_servicekit.idempotency_postgres import PostgresIdempotency
from openward_servicekit.messaging import Messaging
from openward_servicekit.outbox.source import Outbox
from openward_servicekit.prisma import connected, prisma_options, prisma_url
from prometheus_client import CollectorRegistry

from patients.adapters.access import OutboxAccessLog
from patients.adapters.db import Prisma
from patients.adapters.imports.postgres import PostgresImports
from patients.adapters.matching.candidates import PostgresCandidates
from patients.adapters.matching.frequencies import PrismaNameCounts
from patients.adapters.matching.pairs import PrismaPairs
from patients.adapters.matching.queue import PrismaQueue
from patients.adapters.merges import PrismaMerges
from patients.adapters.prisma_cross_references import PrismaCrossReferences
from patients.adapters.prisma_domains import PrismaDomains
from patients.adapters.prisma_patients import PrismaPatients
from patients.adapters.questions import Questions, open_questions
from patients.adapters.search.postgres_search import PostgresSearch
from patients.domain.cursors import SearchCursors
from patients.domain.duplicates.judging import Judge
from patients.domain.matching.model import Model
from patients.messaging import subscribers
from patients.service.cross_referencing import CrossReferenceService
from patients.service.domains import DomainService
from patients.service.duplicate_check import DuplicateCheck
from patients.service.duplicates import DuplicateSearch
from patients.service.imports import ImportService
from patients.service.match_rules import MatchRules
from patients.service.matching import MatchingService
from patients.service.merge_records import MergeRecords
from patients.service.merging import MergeService
from patients.service.patients import Patients
from patients.service.registration import RegistrationService
from patients.service.rematching import Rematching
from patients.service.reviewing import ReviewService
from patients.service.searching import SearchService
from patients.settings import Settings


@dataclass(frozen=True)
class _Outside:
    """What is opened once and used by several use cases."""

    settings: Settings
    #: For idempotency keys and imports; patients are written by Prisma (ADR 8).
    pool: Pool
    questions: Questions
    db: Prisma
    authenticator: Authenticator
    authorizer: Authorizer
    access: OutboxAccessLog

    @property
    def key(self) -> bytes:
        return self.settings.cursor_key.get_secret_value().encode()


@asynccontextmanager
async def open_patients(settings: Settings, registry: CollectorRegistry) -> AsyncIterator[Running]:
    """Everything is open for the block and closed, in reverse order, after it."""
    async with AsyncExitStack() as stack:
        outside = await _opened(settings, stack)
        patients, rematching = _use_cases(outside)
        messaging = Messaging(settings, outboxes=[Outbox.of(settings)], registry=registry)
        subscribers.register(messaging, patients.registration, patients.merges)
        await stack.enter_async_context(messaging.running())
        await stack.enter_async_context(rematching.running())
        yield Running(
            authenticate=outside.authenticator,
            authorizer=outside.authorizer,
            dependencies=(
                Dependency("database", lambda: _answers(outside.db)),
                Dependency("identity", outside.authenticator.check, critical=False),
                *messaging.dependencies,
            ),
            state={"patients": patients},
        )


async def _opened(settings: Settings, stack: AsyncExitStack) -> _Outside:
    pool = await stack.enter_async_context(make_pool(settings))
    records = await stack.enter_async_context(open_access_records(settings))
    return _Outside(
        settings=settings,
        pool=pool,
        db=await stack.enter_async_context(connected(_prisma(settings))),
        questions=await stack.enter_async_context(open_questions(settings)),
        authenticator=await stack.enter_async_context(open_authenticator(settings)),
        authorizer=Authorizer(records.denied),
        access=OutboxAccessLog(records, settings.cursor_key.get_secret_value().encode()),
    )


def _use_cases(outside: _Outside) -> tuple[Patients, Rematching]:
    db, region = outside.db, outside.settings.phone_region
    access, authorizer = outside.access, outside.authorizer
    domains, repository = PrismaDomains(db), PrismaPatients(db, outside.questions)
    judge = Judge(Model.load(), region)
    duplicates = DuplicateSearch(PostgresCandidates(outside.questions), domains, judge)
    check = DuplicateCheck(duplicates, access)
    merges = MergeService(PrismaMerges(db), repository, domains, access, authorizer)
    records = MergeRecords(merges)
    references = PrismaCrossReferences(db)
    pairs, queue = PrismaPairs(db), PrismaQueue(db)
    cursors = SearchCursors(outside.key)
    patients = Patients(
        registration=RegistrationService(repository, domains, access, authorizer, check, region),
        domains=DomainService(domains, authorizer),
        imports=ImportService(PostgresImports(outside.pool, domains, region), authorizer),
        merges=merges,
        merge_records=records,
        cross_references=CrossReferenceService(references, repository, domains, records, access, authorizer),
        matching=MatchingService(duplicates, repository, access, authorizer),
        match_rules=MatchRules(judge.model.weights, pairs, queue, authorizer),
        review=ReviewService(pairs, repository, duplicates, access, access, authorizer),
        searches=SearchService(PostgresSearch(outside.questions), access, authorizer, cursors, region),
        idempotency=PostgresIdempotency(outside.pool),
        cursors=cursors,
        fhir_base=f"{outside.settings.public_url}/fhir/r4",
        fhir_view=read_view(outside.settings.fhir_file),
    )
    return patients, Rematching(queue, PrismaNameCounts(db), duplicates)


def _prisma(settings: Settings) -> Prisma:
    url = prisma_url(
        settings.database_url,
        password=settings.database_password.get_secret_value(),
        pool_size=settings.database_pool_size,
    )
    return Prisma(**prisma_options(engine=settings.prisma_engine, client=settings.prisma_client, url=url))


async def _answers(db: Prisma) -> None:
    await db.query_raw("select 1")
