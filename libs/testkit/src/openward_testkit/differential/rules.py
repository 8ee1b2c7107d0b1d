"""What a rule is: a difference that is meant, where it shows, and why."""

from collections.abc import Callable
from dataclasses import dataclass

from openward_testkit.differential.comparison import Difference, Exchange


@dataclass(frozen=True)
class Rule:
    """`where`, `theirs`, `ours` and `why` are for people.

    `whole` decides for all differences of an exchange at once; else `explains` does, for one.
    """

    name: str
    where: str
    theirs: str
    ours: str
    why: str
    explains: Callable[[Difference], bool] | None = None
    whole: Callable[[Exchange], bool] | None = None


def explanations(difference: Difference, rules: tuple[Rule, ...]) -> list[str]:
    """The names of the rules for it; a rule for the whole exchange leaves nothing to the others."""
    exchange = difference.exchange
    of_all = [rule.name for rule in rules if rule.whole and rule.whole(exchange)]
    return of_all or [rule.name for rule in rules if rule.explains and rule.explains(difference)]


def statuses(exchange: Exchange) -> tuple[int, int]:
    """EHRbase's and ours."""
    return exchange.theirs.status, exchange.ours.status


def header(exchange: Exchange, name: str) -> str:
    """As it was sent, in the names of the scenario."""
    return exchange.ask.headers.get(name) or ""


def succeeds_here(exchange: Exchange, *theirs: int) -> bool:
    """And EHRbase refuses, with one of these."""
    return exchange.theirs.status in theirs and exchange.ours.status < 300


def scenario(name: str) -> Callable[[Exchange], bool]:
    return lambda exchange: name in exchange.scenario
