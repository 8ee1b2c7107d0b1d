"""The composition root: from settings to use cases. Nothing else in the service builds what it needs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from openward_servicekit.access import AccessRecords
from openward_servicekit.app import Running
from openward_servicekit.auth import Authorizer
from openward_servicekit.auth.provider import open_authenticator
from openward_servicekit.database import make_pool
from openward_servicekit.health import Dependency
from openward_servicekit.idempotency_postgres import PostgresIdempotency
from openward_servicekit.messaging import Messaging
from openward_servicekit.outbox.group import GroupWriter
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
from patients.adapters.questions import open_questions
from patients.adapters.search.postgres_search import PostgresSearch
from patients.domain.cursors import SearchCursors
from patients.domain.duplicates import Judge
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


@asynccontextmanager
async def open_patients(settings: Settings, registry: CollectorRegistry) -> AsyncIterator[Running]:
    """Everything is open for the block and closed, in reverse order, after it."""
    async with AsyncExitStack() as stack:
        # For the relay, access records, idempotency keys and imports; patients are written by Prisma (ADR 8).
        pool = await stack.enter_async_context(make_pool(settings))
        db = await stack.enter_async_context(connected(_prisma(settings)))
        questions = await stack.enter_async_context(open_questions(settings))
        authenticator = await stack.enter_async_context(open_authenticator(settings))
        records = AccessRecords(GroupWriter(pool), settings.service)
        authorizer = Authorizer(records.denied)
        access = OutboxAccessLog(records, settings.cursor_key.get_secret_value().encode())
        cursors = SearchCursors(settings.cursor_key.get_secret_value().encode())
        domains = PrismaDomains(db)
        repository = PrismaPatients(db)
        judge = Judge(Model.load(), settings.phone_region)
        duplicates = DuplicateSearch(PostgresCandidates(questions), domains, judge)
        registration = RegistrationService(
            repository, domains, access, authorizer, DuplicateCheck(duplicates, access), settings.phone_region
        )
        merges = MergeService(PrismaMerges(db), repository, domains, access, authorizer)
        merge_records = MergeRecords(merges)
        pairs, queue = PrismaPairs(db), PrismaQueue(db)
        rematching = Rematching(queue, PrismaNameCounts(db), duplicates)
        messaging = Messaging(settings, outboxes=[Outbox.of(settings)], registry=registry)
        subscribers.register(messaging, registration, merges)
        await stack.enter_async_context(messaging.running())
        await stack.enter_async_context(rematching.running())
        patients = Patients(
            registration=registration,
            domains=DomainService(domains, authorizer),
            imports=ImportService(PostgresImports(pool, domains, settings.phone_region), authorizer),
            merges=merges,
            merge_records=merge_records,
            cross_references=CrossReferenceService(
                PrismaCrossReferences(db), repository, domains, merge_records, access, authorizer
            ),
            matching=MatchingService(duplicates, repository, access, authorizer),
            match_rules=MatchRules(judge.model.weights, pairs, queue, authorizer),
            review=ReviewService(pairs, repository, duplicates, access, access, authorizer),
            searches=SearchService(
                PostgresSearch(questions), access, authorizer, cursors, settings.phone_region
            ),
            idempotency=PostgresIdempotency(pool),
            cursors=cursors,
            fhir_base=f"{settings.public_url}/fhir/r4",
        )
        yield Running(
            authenticate=authenticator,
            authorizer=authorizer,
            dependencies=(
                Dependency("database", lambda: _answers(db)),
                Dependency("identity", authenticator.check, critical=False),
                *messaging.dependencies,
            ),
            state={"patients": patients},
        )


def _prisma(settings: Settings) -> Prisma:
    url = prisma_url(
        settings.database_url,
        password=settings.database_password.get_secret_value(),
        pool_size=settings.database_pool_size,
    )
    return Prisma(**prisma_options(engine=settings.prisma_engine, client=settings.prisma_client, url=url))


async def _answers(db: Prisma) -> None:
    await db.query_raw("select 1")
