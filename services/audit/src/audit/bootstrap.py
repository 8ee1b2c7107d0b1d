"""The composition root: from settings to use cases. Nothing else in the service builds what it needs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from openward_servicekit.access import open_access_records
from openward_servicekit.app import Running
from openward_servicekit.auth import Authorizer
from openward_servicekit.auth.provider import open_authenticator
from openward_servicekit.database import answers, make_pool
from openward_servicekit.health import Dependency
from openward_servicekit.messaging import Messaging
from openward_servicekit.messaging.streams import NatsStreams
from openward_servicekit.outbox.postgres import connector
from openward_servicekit.outbox.source import Outbox
from openward_servicekit.tasks import running
from prometheus_client import CollectorRegistry

from audit.adapters.access import OutboxAccessLog
from audit.adapters.archives import OutboxArchives
from audit.adapters.postgres_entries import PostgresEntries
from audit.adapters.writer import Writer
from audit.domain.cursors import EntryCursors
from audit.metrics import AuditMetrics
from audit.service.audit import Audit
from audit.service.entries import EntrySearch
from audit.service.follower import follow_all
from audit.service.overview import StreamOverview, Watch
from audit.settings import Settings


@asynccontextmanager
async def open_audit(settings: Settings, registry: CollectorRegistry) -> AsyncIterator[Running]:
    """Everything is open for the block and closed, in reverse order, after it."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(make_pool(settings))
        authenticator = await stack.enter_async_context(open_authenticator(settings))
        records = await stack.enter_async_context(open_access_records(settings))
        authorizer = Authorizer(records.denied)
        metrics = AuditMetrics(registry)

        # The service's own outbox holds the records of who searched; messaging relays it and answers for it.
        messaging = Messaging(settings, outboxes=[Outbox.of(settings)], registry=registry)
        streams = NatsStreams(messaging.connection, "audit")
        archives = OutboxArchives(messaging.connection)
        entries = PostgresEntries(pool)
        overview = StreamOverview(entries, streams, authorizer)
        watch = Watch(overview, metrics)
        connect = connector(
            settings.database_url, settings.database_password, application_name=f"{settings.service}-writer"
        )
        work = partial(follow_all, streams, archives, metrics)
        writer = Writer(connect, work, metrics)

        await stack.enter_async_context(messaging.running())
        await stack.enter_async_context(running(writer.run(), "audit writer"))
        await stack.enter_async_context(running(watch.run(), "audit watch"))
        audit = Audit(
            entries=EntrySearch(entries, OutboxAccessLog(records), authorizer),
            overview=overview,
            cursors=EntryCursors(settings.cursor_key.get_secret_value().encode()),
        )
        yield Running(
            authenticate=authenticator,
            authorizer=authorizer,
            dependencies=(
                Dependency("database", partial(answers, pool)),
                Dependency("identity", authenticator.check, critical=False),
                # Not critical: what is in the log can be searched, whatever keeps the rest from it.
                Dependency("streams", watch.check, critical=False),
                *messaging.dependencies,
            ),
            state={"audit": audit},
        )
