import pytest
from openward_cli.failure import Failure
from openward_cli.provision import patience
from openward_cli.provision.patience import NotYet, patiently


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_PAUSE_SECONDS", 0.001)


async def test_the_first_answer_counts() -> None:
    reasons = [NotYet("sleeps"), NotYet("yawns")]

    async def attempt() -> int:
        if reasons:
            raise reasons.pop()
        return 7

    assert await patiently(attempt, seconds=5, what="it", remedy="wait") == 7


async def test_patience_ends_with_the_last_reason() -> None:
    async def attempt() -> None:
        raise NotYet("sleeps")

    with pytest.raises(Failure, match=r"^it: sleeps: wake it$"):
        await patiently(attempt, seconds=0.01, what="it", remedy="wake it")


async def test_an_error_is_not_waited_out() -> None:
    async def attempt() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await patiently(attempt, seconds=60, what="it", remedy="wait")
