"""People at work on a running stack, and what was acknowledged to them, whatever is killed meanwhile."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from openward_testkit.clinic import Clinic, Person


@dataclass
class Load:
    """`written` is by version uid: whose, and which value."""

    clinic: Clinic
    registered: list[Person] = field(default_factory=list)
    written: dict[str, tuple[Person, float]] = field(default_factory=dict)
    stopping: bool = False

    @asynccontextmanager
    async def going_on(self, *, clerks: int, clinicians: int) -> AsyncIterator[None]:
        """While the block runs; at its end everybody finishes what he has begun."""
        self.stopping = False
        async with asyncio.TaskGroup() as people:
            for _ in range(clerks):
                people.create_task(self.clerk())
            for number in range(clinicians):
                people.create_task(self.clinician(number))
            try:
                yield
            finally:
                self.stopping = True

    async def clerk(self) -> None:
        while not self.stopping:
            self.registered.append(await self.clinic.register())
            await asyncio.sleep(0.2)

    async def clinician(self, number: int) -> None:
        person = await self.clinic.register()
        self.registered.append(person)
        await self.clinic.until_ready(person, seconds=self.clinic.patience)
        # Even and odd values tell a version from its correction; all are pressures that the template allows.
        for value in itertools.cycle(range(100 + 2 * number, 900, 20)):
            if self.stopping:
                break
            uid = await self.clinic.record(person, value)
            self.written[uid] = (person, value)
            corrected = await self.clinic.correct(person, uid, value + 1)
            self.written[corrected] = (person, value + 1)
            await asyncio.sleep(0.1)
