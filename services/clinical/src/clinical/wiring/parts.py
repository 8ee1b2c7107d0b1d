"""What use cases are made of: connections, and what stands on one of them."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property

import asyncpg
from openward_servicekit.access import open_access_records
from openward_servicekit.auth import Authorizer
from openward_servicekit.database import make_pool, unchanged
from openward_servicekit.http import AsyncClient, BasicAuth, Timeout, make_client
from prometheus_client import CollectorRegistry

from clinical.adapters.access import OutboxAccessLog
from clinical.adapters.ehrbase import EhrbaseCdr
from clinical.adapters.ehrbase_contents import EhrbaseContents
from clinical.adapters.ehrbase_queries import AnswerLimits, EhrbaseQueries
from clinical.adapters.ehrbase_tags import EhrbaseEncounterTags
from clinical.adapters.ehrbase_templates import EhrbaseTemplates
from clinical.adapters.ehrbase_upstream import EhrbaseUpstream
from clinical.adapters.ehrbase_way import EhrbaseWay
from clinical.adapters.evt_heads import EvtHeads
from clinical.adapters.evt_queryable import EvtQueryable
from clinical.adapters.evt_recorded import EvtRecorded
from clinical.adapters.postgres_authors import PostgresAuthors
from clinical.adapters.postgres_belongings import PostgresBelongings
from clinical.adapters.postgres_ehrs import PostgresEhrs
from clinical.adapters.postgres_encounters import PostgresEncounters
from clinical.adapters.postgres_intents import PostgresIntents
from clinical.adapters.postgres_merges import PostgresMerges
from clinical.adapters.postgres_migration_checks import PostgresMigrationChecks
from clinical.adapters.postgres_owners import PostgresOwners
from clinical.adapters.postgres_recorded import PostgresRecorded
from clinical.adapters.postgres_restrictions import PostgresRestrictions
from clinical.domain.cursors import Cursors
from clinical.domain.result_set import RowLimits
from clinical.service.belonging import BelongingService
from clinical.service.ehrs import EhrService
from clinical.service.gathering_up import Gatherer
from clinical.service.known_templates import KnownTemplates
from clinical.service.labelling import Labelling
from clinical.service.queries import QueryService
from clinical.service.recording import Recorder
from clinical.service.records import Records
from clinical.settings import Settings


@dataclass(frozen=True)
class Parts:
    """What is open, and what several use cases share; each of these is made when it is first asked for."""

    settings: Settings
    own: asyncpg.Pool
    evt: asyncpg.Pool
    way: EhrbaseWay
    ehrbase: AsyncClient
    access: OutboxAccessLog
    authorizer: Authorizer

    @cached_property
    def cdr(self) -> EhrbaseCdr:
        return EhrbaseCdr(self.ehrbase)

    @cached_property
    def upstream(self) -> EhrbaseUpstream:
        return EhrbaseUpstream(self.ehrbase)

    @cached_property
    def heads(self) -> EvtHeads:
        return EvtHeads(self.evt)

    @cached_property
    def ehrs(self) -> EhrService:
        return EhrService(PostgresEhrs(self.own), self.cdr)

    @cached_property
    def records(self) -> Records:
        return Records(self.ehrs, PostgresRestrictions(self.own), self.authorizer)

    @cached_property
    def intents(self) -> PostgresIntents:
        return PostgresIntents(self.own)

    @cached_property
    def merges(self) -> PostgresMerges:
        return PostgresMerges(self.own)

    @cached_property
    def checks(self) -> PostgresMigrationChecks:
        return PostgresMigrationChecks(self.own)

    @cached_property
    def authors(self) -> PostgresAuthors:
        return PostgresAuthors(self.own)

    @cached_property
    def cursors(self) -> Cursors:
        return Cursors(self.settings.cursor_key.get_secret_value().encode())

    @cached_property
    def templates(self) -> KnownTemplates:
        return KnownTemplates(EhrbaseTemplates(self.ehrbase))

    @cached_property
    def labelling(self) -> Labelling:
        return Labelling(self.templates)

    @cached_property
    def recorder(self) -> Recorder:
        gatherer = Gatherer(EhrbaseContents(self.ehrbase), self.settings.ehrbase_system_id)
        return Recorder(EvtRecorded(self.evt), PostgresRecorded(self.own), gatherer)

    @cached_property
    def belonging(self) -> BelongingService:
        return BelongingService(
            PostgresBelongings(self.own),
            EhrbaseEncounterTags(self.upstream),
            PostgresEncounters(self.own),
            self.heads,
            self.cdr,
            self.authorizer,
            self.settings.ehrbase_system_id,
        )

    @cached_property
    def queries(self) -> QueryService:
        settings = self.settings
        return QueryService(
            self.records,
            EhrbaseQueries(self.ehrbase, AnswerLimits(settings.aql_timeout_seconds, settings.aql_max_bytes)),
            EvtQueryable(self.evt),
            PostgresOwners(self.own),
            self.access,
            self.authorizer,
            RowLimits(settings.aql_default_rows, settings.aql_max_rows),
        )


@asynccontextmanager
async def open_parts(settings: Settings, registry: CollectorRegistry) -> AsyncIterator[Parts]:
    """Open for the block."""
    way = EhrbaseWay(settings, registry)
    async with (
        make_pool(settings, reset=unchanged) as own,
        _evt_pool(settings) as evt,
        _client(settings, way) as ehrbase,
        open_access_records(settings) as records,
    ):
        access, authorizer = OutboxAccessLog(records), Authorizer(records.denied)
        yield Parts(settings, own, evt, way, ehrbase, access, authorizer)


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
