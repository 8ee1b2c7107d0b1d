"""The composition root: from settings to use cases. Nothing else in the service builds what it needs."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import asyncpg
from openward_servicekit.access import open_access_records
from openward_servicekit.app import Running
from openward_servicekit.auth import Authorizer
from openward_servicekit.auth.authentication import Authenticator
from openward_servicekit.auth.provider import open_authenticator
from openward_servicekit.database import answers, make_pool, unchanged
from openward_servicekit.health import Dependency
from openward_servicekit.http import AsyncClient, BasicAuth, Timeout, make_client
from openward_servicekit.idempotency_postgres import PostgresIdempotency
from openward_servicekit.messaging import Messaging
from openward_servicekit.messaging.streams import NatsStreams
from openward_servicekit.outbox.postgres import connector
from openward_servicekit.outbox.source import Outbox
from openward_servicekit.tasks import running
from prometheus_client import CollectorRegistry

from clinical.adapters.access import OutboxAccessLog
from clinical.adapters.ehrbase import EhrbaseCdr
from clinical.adapters.ehrbase_queries import AnswerLimits, EhrbaseQueries
from clinical.adapters.ehrbase_stored import EhrbaseStored
from clinical.adapters.ehrbase_upstream import EhrbaseUpstream
from clinical.adapters.ehrbase_way import EhrbaseWay
from clinical.adapters.evt_heads import EvtHeads
from clinical.adapters.evt_listing import EvtListing
from clinical.adapters.evt_outbox import EvtOutbox
from clinical.adapters.evt_queryable import EvtQueryable
from clinical.adapters.postgres_authors import PostgresAuthors
from clinical.adapters.postgres_ehrs import PostgresEhrs
from clinical.adapters.postgres_encounters import PostgresEncounters
from clinical.adapters.postgres_intents import PostgresIntents
from clinical.adapters.postgres_merges import PostgresMerges
from clinical.adapters.postgres_migration_checks import PostgresMigrationChecks
from clinical.adapters.postgres_owners import PostgresOwners
from clinical.adapters.postgres_write_log import PostgresWriteLog
from clinical.domain.cursors import Cursors
from clinical.domain.result_set import RowLimits
from clinical.messaging import subscribers
from clinical.service.authorship import Authorship
from clinical.service.changes import ChangeService
from clinical.service.clinical import Clinical
from clinical.service.compositions import CompositionService
from clinical.service.contributions import ContributionService
from clinical.service.ehrs import EhrService
from clinical.service.encounters import EncounterService
from clinical.service.forwarding import Forwarder
from clinical.service.listening import LiveService
from clinical.service.listing import ListingService
from clinical.service.live import Live
from clinical.service.merges import MergeService
from clinical.service.migration_checks import MigrationChecker, MigrationCheckService, Pace
from clinical.service.queries import QueryService
from clinical.service.reconciliation import Reconciler
from clinical.service.review import ReviewService
from clinical.service.stored_queries import StoredQueryService
from clinical.service.version_cache import VersionCache
from clinical.service.versions import VersionReader
from clinical.service.writes import SafeWriter
from clinical.settings import Settings


@dataclass(frozen=True)
class _Parts:
    """What use cases are made of, open."""

    settings: Settings
    own: asyncpg.Pool
    evt: asyncpg.Pool
    ehrbase: AsyncClient
    cdr: EhrbaseCdr
    heads: EvtHeads
    ehrs: EhrService
    intents: PostgresIntents
    merges: PostgresMerges
    checks: PostgresMigrationChecks
    access: OutboxAccessLog
    authorizer: Authorizer


#: Seconds. Access records are durable before the answer; that they are published in dozens costs less.
_GATHER_RECORDS: Final = 0.25


@asynccontextmanager
async def open_clinical(settings: Settings, registry: CollectorRegistry) -> AsyncIterator[Running]:
    """Everything is open for the block and closed, in reverse order, after it."""
    async with AsyncExitStack() as stack:
        own = await stack.enter_async_context(make_pool(settings, reset=unchanged))
        evt = await stack.enter_async_context(_evt_pool(settings))
        way = EhrbaseWay(settings, registry)
        ehrbase = await stack.enter_async_context(_client(settings, way))
        cdr = EhrbaseCdr(ehrbase)
        authenticator = await stack.enter_async_context(open_authenticator(settings))
        records = await stack.enter_async_context(open_access_records(settings))
        authorizer = Authorizer(records.denied)
        parts = _Parts(
            settings,
            own,
            evt,
            ehrbase,
            cdr=cdr,
            heads=EvtHeads(evt),
            ehrs=EhrService(PostgresEhrs(own), cdr),
            intents=PostgresIntents(own),
            merges=PostgresMerges(own),
            checks=PostgresMigrationChecks(own),
            access=OutboxAccessLog(records),
            authorizer=authorizer,
        )
        merging = MergeService(parts.merges, cdr, parts.intents, parts.ehrs)
        messaging = Messaging(settings, outboxes=_outboxes(settings, own), registry=registry)
        pace = Pace(settings.migration_check_page, settings.migration_check_rest)
        checker = MigrationChecker(parts.checks, EhrbaseStored(ehrbase), pace)
        await stack.enter_async_context(_listening(messaging, parts.ehrs, merging, checker))
        await stack.enter_async_context(running(checker.run(), "check migrations"))
        reconciler = Reconciler(parts.merges, cdr, merging, settings.merge_check_seconds)
        await stack.enter_async_context(running(reconciler.run(), "reconcile merges"))
        live = Live(NatsStreams(messaging.connection, settings.service))
        await stack.enter_async_context(running(live.follow(), "live events"))
        yield Running(
            authenticate=authenticator,
            authorizer=authorizer,
            dependencies=(*_dependencies(own, parts.heads, cdr, way, authenticator), *messaging.dependencies),
            state={"clinical": _use_cases(parts, live)},
        )


def _use_cases(parts: _Parts, live: Live) -> Clinical:
    own, cdr, heads, ehrs, intents = parts.own, parts.cdr, parts.heads, parts.ehrs, parts.intents
    access, authorizer, system_id = parts.access, parts.authorizer, parts.settings.ehrbase_system_id
    upstream, writer = EhrbaseUpstream(parts.ehrbase), SafeWriter(cdr, heads, intents)
    changing = (upstream, ehrs, heads, writer, intents, authorizer, system_id)
    cache = VersionCache(parts.settings.version_cache_bytes)
    queries, authors = _queries(parts), PostgresAuthors(own)
    return Clinical(
        ehrs,
        CompositionService(ehrs, cdr, heads, writer, authorizer, system_id),
        VersionReader(ehrs, upstream, heads, access, authorizer, cache, system_id),
        queries,
        StoredQueryService(upstream, queries, authorizer),
        ReviewService(parts.merges, PostgresWriteLog(own), heads, access, authorizer),
        Forwarder(upstream, ehrs, heads, access, authorizer),
        ChangeService(*changing),
        ContributionService(*changing),
        Authorship(authors, ehrs, heads, system_id),
        MigrationCheckService(parts.checks, authorizer),
        EncounterService(PostgresEncounters(own), access, authorizer),
        Cursors(parts.settings.cursor_key.get_secret_value().encode()),
        LiveService(
            live, ehrs, authorizer, parts.settings.live_heartbeat_seconds, parts.settings.live_check_seconds
        ),
        ListingService(EvtListing(parts.evt), authors, access, authorizer, system_id),
        PostgresIdempotency(own),
    )


def _queries(parts: _Parts) -> QueryService:
    settings = parts.settings
    return QueryService(
        parts.ehrs,
        EhrbaseQueries(parts.ehrbase, AnswerLimits(settings.aql_timeout_seconds, settings.aql_max_bytes)),
        EvtQueryable(parts.evt),
        PostgresOwners(parts.own),
        parts.access,
        parts.authorizer,
        RowLimits(settings.aql_default_rows, settings.aql_max_rows),
    )


@asynccontextmanager
async def _listening(
    messaging: Messaging, ehrs: EhrService, merging: MergeService, checker: MigrationChecker
) -> AsyncIterator[None]:
    subscribers.register(messaging, ehrs, merging, checker)
    async with messaging.running():
        yield


def _dependencies(
    own: asyncpg.Pool, heads: EvtHeads, cdr: EhrbaseCdr, way: EhrbaseWay, authenticator: Authenticator
) -> tuple[Dependency, ...]:
    return (
        Dependency("database", partial(answers, own)),
        Dependency("change capture", heads.check_triggers),
        Dependency("ehrbase", partial(_ehrbase, cdr, way), critical=False),
        Dependency("identity", authenticator.check, critical=False),
    )


async def _ehrbase(cdr: EhrbaseCdr, way: EhrbaseWay) -> None:
    await cdr.status()
    way.check()


def _evt_pool(settings: Settings) -> AbstractAsyncContextManager[asyncpg.Pool]:
    return make_pool(
        settings, url=settings.evt_database_url, password=settings.evt_database_password, reset=unchanged
    )


def _client(settings: Settings, way: EhrbaseWay) -> AsyncClient:
    return make_client(
        settings.ehrbase_url,
        auth=BasicAuth(settings.ehrbase_user, settings.ehrbase_password.get_secret_value()),
        timeout=Timeout(settings.ehrbase_timeout_seconds, connect=2.0, pool=5.0),
        transport=way.transport(),
    )


def _outboxes(settings: Settings, own: asyncpg.Pool) -> list[Outbox]:
    """The service's own, with its access records, and the one that triggers fill in EHRbase's database."""
    name = f"{settings.service}-relay"
    return [
        Outbox.of(settings, gather_most=_GATHER_RECORDS),
        Outbox(
            "ehrbase",
            connector(settings.evt_database_url, settings.evt_database_password, application_name=name),
            lambda connection: EvtOutbox(connection, own, settings.ehrbase_system_id),
        ),
    ]
