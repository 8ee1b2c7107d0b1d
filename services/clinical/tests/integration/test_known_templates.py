"""Templates of the real EHRbase, and news of them from the real NATS."""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from clinical.service.clinical import Clinical
from openward_cli.demo import vital_signs
from openward_contracts.actor import Actor
from openward_contracts.event import Event
from openward_contracts.identifiers import TemplateId
from openward_contracts.templates import TemplatePublished
from openward_testkit.events import publish

VITALS = TemplateId(vital_signs.TEMPLATE_ID)


def services(clinic: Any) -> Clinical:
    found: Clinical = clinic.app.state.clinical
    return found


async def test_a_template_is_what_ehrbase_holds(clinic: Any) -> None:
    known = await services(clinic).templates.get(VITALS)

    assert known is not None
    assert known.web_template.template_id == VITALS
    assert await services(clinic).templates.get(VITALS) is known


async def test_an_unknown_template_is_none(clinic: Any) -> None:
    assert await services(clinic).templates.get(TemplateId(f"none {uuid4()}")) is None


async def test_a_template_that_was_published_is_read_again(clinic: Any) -> None:
    templates = services(clinic).templates
    before = await templates.get(VITALS)
    event = Event.of(
        TemplatePublished(
            template_id=VITALS,
            sha256=hashlib.sha256(b"").hexdigest(),
            version=2,
            semantic_version="1.1.0",
        ),
        source="/openward/templates",
        aggregate_id=VITALS,
        aggregate_version=2,
        actor=Actor("author-1", "web", ("template-author",)),
        at=datetime.now(UTC),
        correlation_id="test",
    )
    async with await clinic.nats.connect() as connection:
        async with asyncio.timeout(60):
            while await templates.get(VITALS) is before:
                await publish(connection, event)
                await asyncio.sleep(0.1)
