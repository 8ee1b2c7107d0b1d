from collections.abc import AsyncIterator

import pytest
from openward_testkit.nats import NatsServer
from openward_testkit.outbox import OutboxStage, outbox_stage
from openward_testkit.postgres import PostgresServer


@pytest.fixture
async def stage(postgres_server: PostgresServer, fresh_nats_server: NatsServer) -> AsyncIterator[OutboxStage]:
    async with outbox_stage(postgres_server, fresh_nats_server) as built:
        yield built
