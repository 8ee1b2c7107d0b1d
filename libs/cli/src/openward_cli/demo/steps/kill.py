"""A service is killed in the middle of writes: no acknowledged write is lost, no event missing or double."""

import asyncio
import os
import secrets
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from openward_cli.demo import trail, vital_signs, writes
from openward_cli.demo.checks import given, require, require_none
from openward_cli.demo.exchange import Exchange
from openward_cli.demo.scene import Scene
from openward_cli.demo.steps import audit, registration, vitals
from openward_cli.demo.subject import Subject
from openward_cli.demo.writers import Acknowledged, Write, write_all
from openward_cli.stack import Service
from openward_cli.supervision.control import State, Supervisor

WRITES: Final = 40
WRITERS: Final = 4
#: So many are acknowledged when the service is killed.
KILLED_AFTER: Final = WRITES // 3
#: The restarted service takes over what the killed one had not published.
LOG_SECONDS: Final = 30.0
RESTART_SECONDS: Final = 30.0
_LOWEST: Final = 100.0


@dataclass
class Run:
    """`kill` is called once, when a third has been acknowledged."""

    kill: Callable[[], None]
    acknowledged: list[Acknowledged] = field(default_factory=list)
    killed_at: float = 0.0

    def note(self, write: Acknowledged) -> None:
        self.acknowledged.append(write)
        if len(self.acknowledged) == KILLED_AFTER:
            self.kill()
            self.killed_at = time.monotonic()

    def seconds_without_answer(self) -> float:
        """From the kill to the first answer to a request that was sent after it."""
        return min(w.ended for w in self.acknowledged if w.began > self.killed_at) - self.killed_at

    def repeated(self) -> int:
        return sum(write.attempts - 1 for write in self.acknowledged)


async def kill_and_compare(scene: Scene) -> None:
    subject = await registration.register(scene)
    run = await _write_and_kill(scene, subject)
    values = {write.version_uid: write.write.value for write in run.acknowledged}
    await _nothing_is_lost(scene, subject, values)
    await _no_event_is_missing_or_double(scene, subject, list(values))


async def _write_and_kill(scene: Scene, subject: Subject) -> Run:
    before = await asyncio.to_thread(_state, scene)
    require(before.pid, f"{Service.CLINICAL} does not run, so it cannot be killed")
    scene.screen.fact(f"{WRITERS} writers record {WRITES} compositions, each with its own Idempotency-Key")

    def kill() -> None:
        os.kill(before.pid, signal.SIGKILL)
        scene.screen.fact(f"{KILLED_AFTER} acknowledged: SIGKILL to {Service.CLINICAL}, process {before.pid}")

    run = Run(kill)
    todo = [_write(_LOWEST + number) for number in range(WRITES)]
    await write_all(todo, lambda write: _send(scene, subject, write), run.note, writers=WRITERS)
    after = await _restarted(scene, before)
    scene.screen.fact(
        f"the supervisor started process {after.pid}, answers came again after"
        f" {run.seconds_without_answer():.1f} s, {run.repeated()} attempts were repeated with their keys"
    )
    scene.check(
        len({write.version_uid for write in run.acknowledged}) == WRITES,
        f"all {WRITES} writes are acknowledged, as {WRITES} compositions",
        "two writes were acknowledged with the same version",
    )
    return run


def _write(systolic: float) -> Write:
    at = datetime.now(UTC) - timedelta(minutes=systolic)
    body = vital_signs.flat(systolic, 80, at.isoformat(), composer="Ada Holm")
    return Write(secrets.token_hex(8), systolic, body)


async def _send(scene: Scene, subject: Subject, write: Write) -> Exchange:
    return await scene.client.send(
        "ada",
        "POST",
        f"{subject.record}/compositions",
        params=vitals.FLAT,
        headers={"Idempotency-Key": write.key},
        json=write.body,
    )


async def _restarted(scene: Scene, before: State) -> State:
    """Raises CheckFailed when the supervisor has not started the service again."""
    give_up = time.monotonic() + RESTART_SECONDS
    while True:
        state = await asyncio.to_thread(_state, scene)
        if state.name == "RUNNING" and state.pid != before.pid:
            return state
        require(time.monotonic() < give_up, f"the supervisor has not restarted {Service.CLINICAL}")
        await asyncio.sleep(0.2)


def _state(scene: Scene) -> State:
    return Supervisor(scene.stack).states()[scene.stack.process(Service.CLINICAL)]


async def _nothing_is_lost(scene: Scene, subject: Subject, values: dict[str, float]) -> None:
    found = await vitals.systolic_pressures(scene, subject)
    require_none(writes.faults(values, [(uid, systolic) for uid, systolic, _ in given(found, "rows")]))
    scene.checked(f"AQL finds these {WRITES}, each once, with the value that was written, and no other")


async def _no_event_is_missing_or_double(scene: Scene, subject: Subject, uids: list[str]) -> None:
    # Which attempt of a write was the one that counts only the service knows: no request id is compared.
    subject.deeds += [trail.Deed(trail.CREATED, "ada", version_uid=uid) for uid in uids]
    entries = await audit.complete(scene, subject, seconds=LOG_SECONDS)
    created = sum(entry["kind"] == trail.CREATED for entry in entries)
    scene.checked(f"the log has {created} entries of recorded compositions, one for each, by ada")
