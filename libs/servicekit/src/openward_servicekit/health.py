"""Is this process ready for work? Its dependencies say, each within a time limit, at most once a second."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from openward_servicekit.errors import Failure


@dataclass(frozen=True, slots=True)
class Dependency:
    """`check` returns when the dependency works and raises when it does not.

    Without a `critical` one the service still answers: it is reported, but does not make the process unready.
    """

    name: str
    check: Callable[[], Awaitable[None]]
    critical: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """`why` is a failure's detail or an error's type, never its message, which may hold content."""

    up: bool
    since: float
    why: str | None = None


def _nothing() -> Sequence[Dependency]:
    return ()


@dataclass(slots=True)
class Readiness:
    """`dependencies` is called at every check, so that it may name what the lifespan builds."""

    dependencies: Callable[[], Sequence[Dependency]] = _nothing
    check_seconds: float = 2.0
    fresh_seconds: float = 1.0
    clock: Callable[[], float] = time.monotonic
    draining: bool = False
    _states: dict[str, State] = field(default_factory=dict)
    _checked_at: float = float("-inf")
    _checking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def drain(self) -> None:
        """From now on the process is not ready, whatever its dependencies say."""
        self.draining = True

    async def report(self) -> tuple[bool, dict[str, Any]]:
        """Ready or not, and the body of `/readyz`; `age_seconds` is how long a dependency is in its state."""
        dependencies = self.dependencies()
        await self._refresh(dependencies)
        now = self.clock()
        states = {dependency.name: self._states[dependency.name] for dependency in dependencies}
        ready = not self.draining and all(states[d.name].up for d in dependencies if d.critical)
        return ready, {
            "status": "draining" if self.draining else "ready" if ready else "unready",
            "dependencies": {name: _described(state, now) for name, state in states.items()},
        }

    async def _refresh(self, dependencies: Sequence[Dependency]) -> None:
        async with self._checking:
            known = all(dependency.name in self._states for dependency in dependencies)
            if known and self.clock() - self._checked_at < self.fresh_seconds:
                return
            reasons = await asyncio.gather(*(self._why_down(dependency) for dependency in dependencies))
            for dependency, why in zip(dependencies, reasons, strict=True):
                self._note(dependency.name, why)
            self._checked_at = self.clock()

    async def _why_down(self, dependency: Dependency) -> str | None:
        try:
            async with asyncio.timeout(self.check_seconds):
                await dependency.check()
        except TimeoutError:
            return f"no answer within {self.check_seconds:g} s"
        except Failure as failure:
            return failure.detail or failure.slug
        except Exception as error:  # noqa: BLE001  whatever it is, it means "down"
            return type(error).__name__
        return None

    def _note(self, name: str, why: str | None) -> None:
        before = self._states.get(name)
        unchanged = before is not None and before.up == (why is None)
        since = before.since if before is not None and unchanged else self.clock()
        self._states[name] = State(up=why is None, since=since, why=why)


def _described(state: State, now: float) -> dict[str, Any]:
    described: dict[str, Any] = {
        "state": "up" if state.up else "down",
        "age_seconds": round(now - state.since, 1),
    }
    return described if state.why is None else {**described, "why": state.why}
