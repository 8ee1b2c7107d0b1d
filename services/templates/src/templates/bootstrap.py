"""The composition root: from settings to use cases. Nothing else in the service builds what it needs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from openward_servicekit.access import open_access_records
from openward_servicekit.app import Running
from openward_servicekit.auth import Authorizer
from openward_servicekit.auth.authentication import Authenticator
from openward_servicekit.auth.provider import open_authenticator
from openward_servicekit.database import make_pool
from openward_servicekit.health import Dependency
from openward_servicekit.http import AsyncClient, BasicAuth, Limits, Timeout, make_client
from openward_servicekit.messaging import Messaging
from openward_servicekit.outbox.source import Outbox
from openward_servicekit.prisma import connected, prisma_options, prisma_url
from openward_servicekit.tasks import running
from prometheus_client import CollectorRegistry

from templates.adapters.db import Prisma
from templates.adapters.ehrbase import EhrbaseCdr
from templates.adapters.leadership import leadership
from templates.adapters.metrics import Metrics
from templates.adapters.postgres_search import PostgresSearch
from templates.adapters.prisma_migration_checks import PrismaMigrationChecks
from templates.adapters.prisma_templates import PrismaTemplates
from templates.domain.compiled import compile_source
from templates.domain.cursors import TemplateCursors
from templates.messaging import subscribers
from templates.service.catalogue import Catalogue
from templates.service.comparison import Comparison, keep_comparing
from templates.service.derivation import Derivation
from templates.service.examination import Examiner
from templates.service.holding import Holding
from templates.service.lifecycle import Lifecycle
from templates.service.migration_checks import MigrationCheckService
from templates.service.registration import Registrar
from templates.service.searching import Search
from templates.service.uploads import UploadService
from templates.service.use_cases import Templates
from templates.service.workshop import Workshop
from templates.settings import Settings

#: Connections beside Prisma's: for questions, which take milliseconds, and documents to derive from.
_READERS: Final = 4


@asynccontextmanager
async def open_templates(settings: Settings, registry: CollectorRegistry) -> AsyncIterator[Running]:
    """Everything is open for the block and closed, in reverse order, after it."""
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(connected(_prisma(settings)))
        cdr = await stack.enter_async_context(_cdr(settings))
        authenticator = await stack.enter_async_context(open_authenticator(settings))
        authorizer = Authorizer((await stack.enter_async_context(open_access_records(settings))).denied)
        templates = PrismaTemplates(db)
        index = PostgresSearch(await stack.enter_async_context(make_pool(settings, size=_READERS)))
        holding = Holding(cdr, checks := PrismaMigrationChecks(db))
        registrar = Registrar(templates, holding)
        uploads = UploadService(templates, registrar, Examiner(templates), authorizer)
        workshop = Workshop(compile_source)
        derivation = Derivation(templates, index, workshop, authorizer)
        migration_checks = MigrationCheckService(checks, derivation, authorizer)
        messaging = Messaging(settings, outboxes=[Outbox.of(settings)], registry=registry)
        subscribers.register(messaging, migration_checks)
        await stack.enter_async_context(messaging.running())
        reconciling = registrar.keep_reconciling(settings.reconcile_seconds)
        await stack.enter_async_context(running(reconciling, "reconciler"))
        if every := settings.compare_seconds:
            comparison = Comparison(templates, uploads, holding, Metrics(registry), every)
            comparing = keep_comparing(comparison, leadership(settings), settings.reconcile_seconds)
            await stack.enter_async_context(running(comparing, "comparison"))
        search = Search(index, templates, index, workshop, authorizer)
        indexing = search.keep_indexing(settings.reconcile_seconds)
        await stack.enter_async_context(running(indexing, "indexer"))
        services = Templates(
            uploads=uploads,
            lifecycle=Lifecycle(templates, uploads, cdr, holding, authorizer),
            catalogue=Catalogue(templates, authorizer),
            derivation=derivation,
            migration_checks=migration_checks,
            search=search,
            cursors=TemplateCursors(settings.cursor_key.get_secret_value().encode()),
        )
        yield Running(
            authenticate=authenticator,
            authorizer=authorizer,
            dependencies=(*_dependencies(db, cdr, authenticator), *messaging.dependencies),
            state={"templates": services},
        )


def _prisma(settings: Settings) -> Prisma:
    url = prisma_url(
        settings.database_url,
        password=settings.database_password.get_secret_value(),
        pool_size=settings.database_pool_size,
    )
    return Prisma(**prisma_options(engine=settings.prisma_engine, client=settings.prisma_client, url=url))


@asynccontextmanager
async def _cdr(settings: Settings) -> AsyncIterator[EhrbaseCdr]:
    async with _client(settings, _user(settings)) as user, _client(settings, _admin(settings)) as admin:
        yield EhrbaseCdr(user, admin, within=settings.ehrbase_timeout_seconds)


def _dependencies(db: Prisma, cdr: EhrbaseCdr, authenticator: Authenticator) -> tuple[Dependency, ...]:
    return (
        Dependency("database", lambda: _answers(db)),
        Dependency("ehrbase", cdr.status, critical=False),
        Dependency("identity", authenticator.check, critical=False),
    )


def _user(settings: Settings) -> BasicAuth:
    return BasicAuth(settings.ehrbase_user, settings.ehrbase_password.get_secret_value())


def _admin(settings: Settings) -> BasicAuth:
    return BasicAuth(settings.ehrbase_admin_user, settings.ehrbase_admin_password.get_secret_value())


def _client(settings: Settings, auth: BasicAuth) -> AsyncClient:
    return make_client(
        settings.ehrbase_url,
        auth=auth,
        timeout=Timeout(settings.ehrbase_timeout_seconds, connect=2.0, pool=5.0),
        limits=Limits(max_connections=settings.ehrbase_connections, keepalive_expiry=4.0),
    )


async def _answers(db: Prisma) -> None:
    await db.query_raw("select 1")
