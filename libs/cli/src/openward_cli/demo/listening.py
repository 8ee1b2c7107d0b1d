"""Live events as a browser gets them: server-sent events (HTML, section 9.2), from the gateway."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from openward_cli.demo.checks import require
from openward_cli.demo.scene import Scene
from openward_cli.http import Response, make_client

EVENTS: Final = "/api/clinical/v1/events"


class Listener:
    """Everything that is sent from `opened` on."""

    def __init__(self, answer: Response) -> None:
        self._lines = answer.aiter_lines()

    async def opened(self) -> None:
        """From here on nothing is missed."""
        while not (await anext(self._lines)).startswith("id:"):
            pass

    async def event(self, seconds: float) -> Any:
        """The next one. Raises CheckFailed when none comes in that time, or the answer ends."""
        try:
            async with asyncio.timeout(seconds):
                async for line in self._lines:
                    if line.startswith("data:"):
                        return json.loads(line.removeprefix("data:"))
        except TimeoutError:
            pass
        return require(holds=False, wrong=f"no event came to the listener in {seconds:g} s")


@asynccontextmanager
async def listening(scene: Scene, user: str, patient_id: str) -> AsyncIterator[Listener]:
    """To compositions of one patient."""
    headers = {"Authorization": f"Bearer {await scene.client.token(user)}"}
    params = {"patient_id": patient_id, "kind": "composition"}
    async with (
        make_client(scene.stack.gateway_url) as http,
        http.stream("GET", EVENTS, params=params, headers=headers) as answer,
    ):
        require(answer.status_code == 200, f"GET {EVENTS} answered {answer.status_code} where 200 is right")
        listener = Listener(answer)
        await listener.opened()
        scene.screen.fact(f"{user} listens: GET {EVENTS}?patient_id={patient_id}&kind=composition")
        yield listener
