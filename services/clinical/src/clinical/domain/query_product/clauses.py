"""What lint and paging ask of a query beyond `aql.query.Query`: its columns, its order, its paths."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lark import Token

from clinical.domain.aql.query import ClassExpression, Query
from clinical.domain.aql.rewriting import printed

_OPENING: Final = frozenset(("LPAR", "LSQB", "LBRACE"))
_CLOSING: Final = frozenset(("RPAR", "RSQB", "RBRACE"))
_DIRECTIONS: Final = frozenset(("DESC", "DESCENDING", "ASC", "ASCENDING"))
_AGGREGATES: Final = frozenset(("COUNT", "AGGREGATE"))


@dataclass(frozen=True, slots=True)
class Selected:
    """A column: its alias, if it has one, and what it shows. `start`: the index of its first token."""

    alias: str | None
    shown: tuple[Token, ...]
    start: int

    @property
    def text(self) -> str:
        """As it is printed, whatever the spaces in it."""
        return printed(self.shown)

    @property
    def is_path(self) -> bool:
        return self.shown[0].type == "IDENTIFIER" and _not_called(self.shown)

    @property
    def is_aggregate(self) -> bool:
        return self.shown[0].type in _AGGREGATES

    @property
    def last(self) -> str:
        """The last name of its path."""
        return next((str(token) for token in reversed(self.shown) if token.type == "IDENTIFIER"), "")


@dataclass(frozen=True, slots=True)
class Ordered:
    path: str
    descending: bool
    start: int


@dataclass(frozen=True, slots=True)
class Path:
    """In the text from token `start`; `names` without predicates, the alias first."""

    names: tuple[str, ...]
    start: int
    end: int


def selected(query: Query) -> list[Selected]:
    start = 1
    if query.tokens[start].type == "DISTINCT":
        start += 1
    if query.tokens[start].type == "TOP":
        start += 3 if query.tokens[start + 2].type in {"FORWARD", "BACKWARD"} else 2
    return [_selected(part, at) for at, part in _parts(query.tokens, start, query.source.start - 1)]


def ordered(query: Query) -> list[Ordered]:
    """In ORDER BY."""
    end = len(query.tokens) if query.limit is None else query.limit.start
    found = []
    for at, part in _parts(query.tokens, query.tail + 2, end):
        path = part[:-1] if part[-1].type in _DIRECTIONS else part
        descending = part[-1].type in {"DESC", "DESCENDING"}
        found.append(Ordered(printed(path), descending, at))
    return found


def paths(query: Query) -> Iterator[Path]:
    """In SELECT, WHERE and ORDER BY; those within predicates begin at no alias and are left out."""
    end = len(query.tokens) if query.limit is None else query.limit.start
    where = query.tail if query.where is None else query.where.start
    yield from _paths(query.tokens, 1, query.source.start - 1)
    yield from _paths(query.tokens, where, end)


def aliases(query: Query) -> dict[str, ClassExpression]:
    """Of FROM; of two that are called the same the last."""
    return {each.alias: each for each in query.classes if each.alias is not None}


def depth(query: Query) -> int:
    """How many classes are in one another."""
    return _depth(query.source)


def _depth(source: object) -> int:
    if isinstance(source, ClassExpression):
        return 1 + (_depth(source.contains) if source.contains is not None else 0)
    return max(map(_depth, getattr(source, "members", ())), default=0)


def _selected(part: tuple[Token, ...], at: int) -> Selected:
    if len(part) > 2 and part[-2].type == "AS":
        return Selected(str(part[-1]), part[:-2], at)
    return Selected(None, part, at)


def _parts(tokens: Sequence[Token], start: int, end: int) -> Iterator[tuple[int, tuple[Token, ...]]]:
    """What commas part outside of brackets."""
    level, begin = 0, start
    for index in range(start, end):
        kind = tokens[index].type
        level += (kind in _OPENING) - (kind in _CLOSING)
        if kind == "COMMA" and level == 0:
            yield begin, tuple(tokens[begin:index])
            begin = index + 1
    if begin < end:
        yield begin, tuple(tokens[begin:end])


def _not_called(tokens: Sequence[Token]) -> bool:
    return len(tokens) < 2 or tokens[1].type != "LPAR"


def _paths(tokens: Sequence[Token], start: int, end: int) -> Iterator[Path]:
    index = start
    while index < end:
        token = tokens[index]
        named = index > 0 and tokens[index - 1].type == "AS"
        if token.type != "IDENTIFIER" or named or not _not_called(tokens[index : index + 2]):
            index += 1
            continue
        names, after = _one(tokens, index, end)
        yield Path(names, index, after)
        index = after


def _one(tokens: Sequence[Token], start: int, end: int) -> tuple[tuple[str, ...], int]:
    names, index, level = [str(tokens[start])], start + 1, 0
    while index < end:
        kind = tokens[index].type
        if level == 0 and kind not in {"SLASH", "LSQB"} and tokens[index - 1].type != "SLASH":
            break
        level += (kind == "LSQB") - (kind == "RSQB")
        if level == 0 and kind == "IDENTIFIER":
            names.append(str(tokens[index]))
        index += 1
    return tuple(names), index
