"""Every process hears when a template changes, to drop what it has compiled.

Without a consumer in the stream: a notice that is lost with the connection is made up for by looking at
EHRbase again (`service/known_templates.py`).
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final, NoReturn, Protocol

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NothingCame
from openward_contracts.event import UndecodableEvent, decode
from openward_contracts.identifiers import TemplateId
from openward_contracts.templates import TemplatePublished, TemplateRetired

_SUBJECT: Final = "templates.template.>"
_PAUSE_SECONDS: Final = 1.0


class Changing(Protocol):
    def changed(self, template_id: TemplateId) -> None: ...


async def follow_templates(connection: Callable[[], Client | None], templates: Changing) -> NoReturn:
    """For ever; `connection` gives the one to use, None while there is none."""
    while True:
        with contextlib.suppress(NatsError, OSError):
            await _listen(connection, templates)
        await asyncio.sleep(_PAUSE_SECONDS)


async def _listen(connection: Callable[[], Client | None], templates: Changing) -> None:
    """Until the connection is another one; nats-py subscribes anew when it has been interrupted."""
    nats = connection()
    if nats is None or not nats.is_connected:
        return
    subscription = await nats.subscribe(_SUBJECT)
    while nats is connection() and not nats.is_closed:
        with contextlib.suppress(NothingCame):
            _heard(await subscription.next_msg(timeout=_PAUSE_SECONDS), templates)


def _heard(message: Msg, templates: Changing) -> None:
    with contextlib.suppress(UndecodableEvent):
        data = decode(message.subject, message.headers or {}, message.data).data
        if isinstance(data, TemplatePublished | TemplateRetired):
            templates.changed(data.template_id)
