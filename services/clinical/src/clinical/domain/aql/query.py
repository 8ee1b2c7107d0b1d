"""What a query says, as far as anybody here asks. Places are indexes into its tokens; an end is exclusive."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count

from lark import Token

from clinical.domain.aql.place import not_bound
from clinical.domain.errors import QueryNotBound

TEMPLATE_PATH = ("archetype_details", "template_id", "value")


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path operator operand`; the operands of MATCHES are the values listed.

    `operands` are strings and parameters; it is empty if any of them is something else.
    """

    path: tuple[str, ...]
    operator: str
    operands: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """What of a predicate stands between two OR."""

    comparisons: tuple[Comparison, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Predicate:
    """`[…]`, brackets included."""

    alternatives: tuple[Alternative, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ClassExpression:
    """`EHR e[…] CONTAINS …`, also `VERSION v[…] CONTAINS …`.

    `named` is the end of type and alias. With `negated`, what is in `contains` is what it must not contain.
    """

    type: str
    alias: str | None
    predicate: Predicate | None
    start: int
    named: int
    end: int
    contains: "Source | None" = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """What AND or OR joins."""

    operator: str
    members: tuple["Source", ...]
    start: int
    end: int


Source = ClassExpression | Group


@dataclass(frozen=True, slots=True)
class Condition:
    """Of WHERE: all comparisons in it, and those without which no row can be found."""

    comparisons: tuple[Comparison, ...] = ()
    required: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class Where:
    """`start` is that of the condition, after the word."""

    condition: Condition
    start: int


@dataclass(frozen=True, slots=True)
class Limit:
    rows: Token
    offset: Token | None
    start: int


@dataclass(frozen=True, slots=True)
class Query:
    """`columns` are the aliases, None where a column has none; `top` is the number after TOP.

    `tail` is where ORDER BY or LIMIT begins, the end if there is neither.
    """

    text: str
    tokens: tuple[Token, ...]
    columns: tuple[str | None, ...]
    source: Source
    where: Where | None
    limit: Limit | None
    top: Token | None
    tail: int

    @property
    def classes(self) -> Iterator[ClassExpression]:
        return _classes(self.source)

    @property
    def parameters(self) -> frozenset[str]:
        """Their names, without the dollar."""
        return frozenset(token[1:] for token in self.tokens if token.type == "PARAMETER")

    @property
    def names(self) -> frozenset[str]:
        return frozenset(token for token in self.tokens if token.type == "IDENTIFIER")

    @property
    def selects_rows(self) -> bool:
        """Whether each row of the answer is one that was found: neither put together from several nor cut."""
        selected = {token.type for token in self.tokens[: self.source.start - 1]}
        return selected.isdisjoint(("COUNT", "AGGREGATE", "DISTINCT"))

    def free_name(self, name: str) -> str:
        """As it is, or with a number if the query has it already."""
        tried = chain((name,), (f"{name}_{number}" for number in count(1)))
        return next(one for one in tried if one not in self.names)

    def template_ids(self, parameters: Mapping[str, object]) -> frozenset[str]:
        """Those that a comparison of `archetype_details/template_id/value` names; others may be found too."""
        found: set[str] = set()
        for comparison in self._comparisons():
            if comparison.path[-3:] == TEMPLATE_PATH:
                found.update(str(value) for value in values(comparison, parameters) if value is not None)
        return frozenset(found)

    def _comparisons(self) -> Iterator[Comparison]:
        for expression in self.classes:
            for alternative in expression.predicate.alternatives if expression.predicate else ():
                yield from alternative.comparisons
        yield from self.where.condition.comparisons if self.where else ()

    def not_bound(self, index: int, reason: str) -> QueryNotBound:
        """The refusal, with the place of a token in it."""
        start = self.tokens[index].start_pos if index < len(self.tokens) else len(self.text)
        return not_bound(self.text, start or 0, reason)


def values(comparison: Comparison, parameters: Mapping[str, object]) -> Iterator[object]:
    """Of its operands; None for a parameter that is not given and for a string with an escape in it."""
    for operand in comparison.operands:
        if operand.type == "PARAMETER":
            yield parameters.get(operand[1:])
        else:
            yield None if "\\" in operand else operand[1:-1]


def _classes(source: Source) -> Iterator[ClassExpression]:
    if isinstance(source, Group):
        for member in source.members:
            yield from _classes(member)
        return
    yield source
    if source.contains is not None:
        yield from _classes(source.contains)
