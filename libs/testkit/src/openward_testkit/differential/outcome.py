"""What came of all requests: which differences no rule explains, or two, and which rules explain none."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from openward_testkit.differential.comparison import Difference, Exchange, differences
from openward_testkit.differential.rules import Rule, explanations
from openward_testkit.differential.running import Unasked
from openward_testkit.differential.table import TABLE


@dataclass(frozen=True)
class Outcome:
    exchanges: Sequence[Exchange]
    unasked: Sequence[Unasked]
    rules: tuple[Rule, ...] = TABLE

    @cached_property
    def explained(self) -> list[tuple[Difference, list[str]]]:
        """Every difference, with the names of the rules that explain it."""
        found = (difference for exchange in self.exchanges for difference in differences(exchange))
        return [(each, explanations(each, self.rules)) for each in found]

    def unexplained(self) -> str:
        return _report((each, "") for each, names in self.explained if not names)

    def ambiguous(self) -> str:
        return _report((each, " and ".join(names)) for each, names in self.explained if len(names) > 1)

    def idle(self) -> list[str]:
        """Rules that explain nothing, so that nothing of the kind is there any more."""
        used = {name for _, names in self.explained for name in names}
        return [rule.name for rule in self.rules if rule.name not in used]


def _report(found: Iterable[tuple[Difference, str]]) -> str:
    return "\n".join(_lines(found))


def _lines(found: Iterable[tuple[Difference, str]]) -> Iterator[str]:
    before: Exchange | None = None
    for difference, remark in found:
        exchange = difference.exchange
        if exchange is not before:
            yield f"\n{exchange.scenario}\n{exchange.ask}  ({exchange.theirs.status}, {exchange.ours.status})"
            before = exchange
        yield f"    {difference}{f'  ← {remark}' if remark else ''}"
