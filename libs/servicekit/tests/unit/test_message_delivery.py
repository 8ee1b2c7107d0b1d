import asyncpg
import pytest
from openward_servicekit.errors import Conflict, Failure, Invalid, NotFound, Unavailable, UpstreamTimeout
from openward_servicekit.messaging.delivery import Outcome, Patience, delay

PATIENCE = Patience(deliveries=3)


@pytest.mark.parametrize("failure", [Conflict(), Invalid()])
def test_an_event_at_odds_with_the_service_is_not_tried_again(failure: Failure) -> None:
    assert PATIENCE.judge(failure, 1, others_succeed=False) is Outcome.POINTLESS


@pytest.mark.parametrize("error", [NotFound(), KeyError()])
def test_any_other_failure_is_tried_again(error: Exception) -> None:
    assert PATIENCE.judge(error, 2, others_succeed=True) is Outcome.LATER


def test_an_event_that_alone_keeps_failing_is_given_up() -> None:
    assert PATIENCE.judge(KeyError(), 3, others_succeed=True) is Outcome.GIVEN_UP


def test_nothing_is_given_up_while_nothing_succeeds() -> None:
    assert PATIENCE.judge(KeyError(), 1000, others_succeed=False) is Outcome.LATER


@pytest.mark.parametrize(
    "error",
    [
        Unavailable(),
        UpstreamTimeout(),
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.CannotConnectNowError(),
    ],
)
def test_what_is_away_is_waited_for(error: Exception) -> None:
    assert PATIENCE.judge(error, 1000, others_succeed=True) is Outcome.LATER


def test_the_delay_doubles_up_to_half_a_minute() -> None:
    for deliveries, seconds in ((1, 0.2), (2, 0.4), (5, 3.2), (9, 30), (2000, 30)):
        assert delay(deliveries) == pytest.approx(seconds, rel=0.21)
