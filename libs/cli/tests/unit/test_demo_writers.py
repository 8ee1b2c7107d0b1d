import asyncio
from collections import Counter
from collections.abc import Sequence

import httpx
import pytest
from openward_cli.demo import writers
from openward_cli.demo.checks import CheckFailed
from openward_cli.demo.exchange import Exchange
from openward_cli.demo.writers import Acknowledged, Write, write_all

IN_PROGRESS = {"code": "request-in-progress"}


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "PAUSE_SECONDS", 0.001)


def answer(status: int, body: object = None) -> Exchange:
    return Exchange("ada", "POST", "/compositions", {}, status, 1.0, {}, body or {})


class Service:
    """Gives these answers in turn, then acknowledges; None is a connection that breaks."""

    def __init__(self, *before: Exchange | None) -> None:
        self._before = list(before)
        self.keys: Counter[str] = Counter()

    async def send(self, write: Write) -> Exchange:
        await asyncio.sleep(0)
        self.keys[write.key] += 1
        if self._before:
            given = self._before.pop(0)
            if given is None:
                raise httpx.ReadError("the connection broke")
            return given
        return answer(201, {"version_uid": f"{write.key}::x::1"})


def todo(count: int) -> list[Write]:
    return [Write(f"k{number}", float(number), {}) for number in range(count)]


async def outcome(service: Service, writes: Sequence[Write], *, at_once: int = 1) -> list[Acknowledged]:
    acknowledged: list[Acknowledged] = []
    await write_all(writes, service.send, acknowledged.append, writers=at_once)
    return acknowledged


async def test_every_write_is_acknowledged_once() -> None:
    service = Service()

    done = await outcome(service, todo(9), at_once=4)

    assert sorted(a.version_uid for a in done) == [f"k{n}::x::1" for n in range(9)]
    assert set(service.keys.values()) == {1}


@pytest.mark.parametrize(
    "away", [None, answer(502), answer(503), answer(504), answer(409, IN_PROGRESS)], ids=str
)
async def test_a_write_without_acknowledgement_is_repeated_with_its_key(away: Exchange | None) -> None:
    service = Service(away, away)

    [done] = await outcome(service, todo(1))

    assert (done.attempts, service.keys) == (3, Counter(k0=3))


@pytest.mark.parametrize("refusal", [answer(401), answer(422), answer(500), answer(409, {"code": "other"})])
async def test_a_refusal_is_not_repeated(refusal: Exchange) -> None:
    service = Service(refusal)

    with pytest.raises(CheckFailed, match=f"a write was refused with {refusal.status}"):
        await outcome(service, todo(1))
    assert service.keys.total() == 1


async def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "PATIENCE_SECONDS", 0.01)
    service = Service(*[answer(503)] * 10_000)

    with pytest.raises(CheckFailed, match="a write was not acknowledged"):
        await outcome(service, todo(1))
