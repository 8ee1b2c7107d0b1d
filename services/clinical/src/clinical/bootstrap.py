"""The composition root: from settings to use cases. Nothing else in the service builds what it needs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final

from openward_servicekit.app import Running
from openward_servicekit.auth.authentication import Authenticator
from openward_servicekit.auth.provider import open_authenticator
from openward_servicekit.database import answers
from openward_servicekit.health import Dependency
from openward_servicekit.messaging import Messaging
from openward_servicekit.messaging.streams import NatsStreams
from openward_servicekit.outbox.postgres import connector
from openward_servicekit.outbox.source import Outbox
from openward_servicekit.tasks import running
from prometheus_client import CollectorRegistry

from clinical.adapters.ehrbase_stored import EhrbaseStored
from clinical.adapters.evt_outbox import EvtOutbox
from clinical.messaging import subscribers
from clinical.messaging.template_news import follow_templates
from clinical.service.following import Follower
from clinical.service.live import Live
from clinical.service.merges import MergeService
from clinical.service.migration_checks import MigrationChecker, Pace
from clinical.service.query_products import ProductKeeper, QueryProductService
from clinical.service.reconciliation import Reconciler
from clinical.settings import Settings
from clinical.wiring.parts import Parts, open_parts
from clinical.wiring.query_products import query_products
from clinical.wiring.use_cases import use_cases

#: Seconds. Access records are durable before the answer; that they are published in dozens costs less.
_GATHER_RECORDS: Final = 0.25


@asynccontextmanager
async def open_clinical(settings: Settings, registry: CollectorRegistry) -> AsyncIterator[Running]:
    """Everything is open for the block and closed, in reverse order, after it."""
    async with (
        open_authenticator(settings) as authenticator,
        open_parts(settings, registry) as parts,
        AsyncExitStack() as stack,
    ):
        products = query_products(parts)
        messaging = Messaging(settings, outboxes=_outboxes(parts), registry=registry)
        live = Live(NatsStreams(messaging.connection, settings.service))
        await _start(parts, messaging, products, live, stack)
        yield Running(
            authenticate=authenticator,
            authorizer=parts.authorizer,
            dependencies=(*_dependencies(parts, authenticator), *messaging.dependencies),
            state={"clinical": use_cases(parts, live, products)},
        )


async def _start(
    parts: Parts, messaging: Messaging, products: QueryProductService, live: Live, stack: AsyncExitStack
) -> None:
    """Hears events, and does what goes on without a request; ends with the stack."""
    settings = parts.settings
    merging = MergeService(parts.merges, parts.cdr, parts.intents, parts.ehrs)
    pace = Pace(settings.migration_check_page, settings.migration_check_rest)
    checker = MigrationChecker(parts.checks, EhrbaseStored(parts.ehrbase), pace)
    follower = Follower(parts.recorder)
    stack.push_async_callback(parts.recorder.close)
    subscribers.register(messaging, parts.ehrs, merging, checker)
    subscribers.follow_erasures(messaging, parts.recorder, parts.belonging)
    subscribers.register_templates(messaging, products.standing)
    await stack.enter_async_context(messaging.running())
    reconciler = Reconciler(parts.merges, parts.cdr, merging, settings.merge_check_seconds)
    for name, work in (
        ("mark records", follower.listen(live)),
        ("follow records", follower.run()),
        ("keep query products", ProductKeeper(products).run()),
        ("check migrations", checker.run()),
        ("reconcile merges", reconciler.run()),
        ("template news", follow_templates(messaging.connection, parts.templates)),
        ("repair encounters", parts.belonging.run()),
        ("live events", live.follow()),
    ):
        await stack.enter_async_context(running(work, name))


def _dependencies(parts: Parts, authenticator: Authenticator) -> tuple[Dependency, ...]:
    return (
        Dependency("database", partial(answers, parts.own)),
        Dependency("change capture", parts.heads.check_triggers),
        Dependency("ehrbase", partial(_ehrbase, parts), critical=False),
        Dependency("identity", authenticator.check, critical=False),
    )


async def _ehrbase(parts: Parts) -> None:
    await parts.cdr.status()
    parts.way.check()


def _outboxes(parts: Parts) -> list[Outbox]:
    """The service's own, with its access records, and the one that triggers fill in EHRbase's database."""
    settings, own = parts.settings, parts.own
    name = f"{settings.service}-relay"
    return [
        Outbox.of(settings, gather_most=_GATHER_RECORDS),
        Outbox(
            "ehrbase",
            connector(settings.evt_database_url, settings.evt_database_password, application_name=name),
            lambda connection: EvtOutbox(connection, own, settings.ehrbase_system_id),
        ),
    ]
