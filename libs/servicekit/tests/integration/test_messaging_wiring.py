from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from openward_servicekit.app import Running, create_service_app
from openward_servicekit.auth.authorizer import Authorizer, Denial
from openward_servicekit.messaging import Messaging
from openward_servicekit.telemetry import process_metrics
from openward_testkit.asgi import asgi_client
from openward_testkit.outbox import OutboxStage
from openward_testkit.samples import patient_updated
from openward_testkit.service import admit_bearers, service_settings


async def forget(_denial: Denial) -> None:
    pass


async def test_a_service_relays_while_its_app_runs_and_tells_how(stage: OutboxStage) -> None:
    settings = service_settings(
        service="patients", nats_url=stage.server.url, nats_seed=stage.server.seed("patients")
    )
    registry = process_metrics()

    @asynccontextmanager
    async def bootstrap() -> AsyncIterator[Running]:
        messaging = Messaging(settings, outboxes=[stage.outbox], registry=registry)
        async with messaging.running():
            yield Running(admit_bearers, Authorizer(forget), messaging.dependencies)

    app = create_service_app(settings, title="Patients", routers=(), bootstrap=bootstrap, registry=registry)
    async with asgi_client(app) as client:
        await stage.commit(patient_updated())
        await stage.drained()
        ready = (await client.get("/readyz")).json()
        metrics = (await client.get("/metrics")).text
    assert {name: each["state"] for name, each in ready["dependencies"].items()} == {
        "nats": "up",
        "nats rights": "up",
        "outbox patients": "up",
    }
    assert 'openward_outbox_sent_total{outbox="patients",stream="PATIENTS"} 1.0' in metrics
    assert 'openward_outbox_leader{outbox="patients"} 1.0' in metrics
    await stage.commit(patient_updated())
    assert await stage.database.fetchval("select count(*) from outbox_event") == 1
