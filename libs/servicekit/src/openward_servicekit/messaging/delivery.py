"""What becomes of a message after its handler: done, later again, or given up."""

import random
from dataclasses import dataclass
from enum import StrEnum

from openward_servicekit.database import AWAY
from openward_servicekit.errors import Category, Failure

_FIRST_DELAY_S = 0.2
_LONGEST_DELAY_S = 30.0

#: The message contradicts the state of this service; another delivery would too.
_POINTLESS = {Category.MALFORMED, Category.INVALID, Category.CONFLICT}
#: Something that the handler needs is away: the message is not at fault.
_AWAY = {Category.UNAVAILABLE, Category.TIMEOUT, Category.BAD_UPSTREAM, Category.TOO_MANY_REQUESTS}


class Outcome(StrEnum):
    DONE = "done"
    POINTLESS = "pointless"
    LATER = "later"
    GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Patience:
    """When a failing message is given up: after `deliveries`, if others are handled meanwhile.

    While nothing at all succeeds the fault is not the message's, and it is tried for ever.
    """

    deliveries: int = 25

    def judge(self, error: Exception, deliveries: int, *, others_succeed: bool) -> Outcome:
        if isinstance(error, Failure) and error.category in _POINTLESS:
            return Outcome.POINTLESS
        away = isinstance(error, AWAY) or (isinstance(error, Failure) and error.category in _AWAY)
        if deliveries >= self.deliveries and others_succeed and not away:
            return Outcome.GIVEN_UP
        return Outcome.LATER


def delay(deliveries: int) -> float:
    """Seconds until the next delivery after so many: 0.2, 0.4, 0.8 … 30, spread by a fifth."""
    seconds = min(_FIRST_DELAY_S * 2.0 ** min(deliveries - 1, 10), _LONGEST_DELAY_S)
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311  spreads load, keeps no secret
