"""What each rule of the grammar becomes while it is parsed; no tree is built first."""

from dataclasses import replace
from typing import Any, Final, TypedDict

from lark import Token, Transformer

from clinical.domain.aql.query import (
    Alternative,
    ClassExpression,
    Comparison,
    Condition,
    Group,
    Limit,
    Predicate,
    Source,
    Where,
)


class Clauses(TypedDict):
    """A Query but for its text and tokens; `tail` is None if there is neither ORDER BY nor LIMIT."""

    columns: tuple[str | None, ...]
    source: Source
    where: Where | None
    limit: Limit | None
    top: Token | None
    tail: int | None


class _Path(tuple[str, ...]):
    """The names of its steps, without predicates."""

    __slots__ = ()


class _Column(tuple[str | None]):
    """Its alias."""

    __slots__ = ()


class _Top(tuple[Token]):
    __slots__ = ()


class _Terms(tuple[Comparison, ...]):
    """The comparisons of one alternative of a predicate."""

    __slots__ = ()


class _Order(tuple[int]):
    """Where it begins."""

    __slots__ = ()


class _Call:
    """Of a function; nobody asks more."""


_CALL: Final = _Call()
_AROUND: Final = frozenset(("LBRACE", "RBRACE", "COMMA"))


class Builder(Transformer[Token, Clauses]):
    """One method for each rule of grammar.lark; children are tokens, and what the rules below became."""

    def query(self, children: list[Any]) -> Clauses:
        def first(kind: type | tuple[type, ...]) -> Any:
            return next((child for child in children if isinstance(child, kind)), None)

        top, order, limit = first(_Top), first(_Order), first(Limit)
        return Clauses(
            columns=tuple(child[0] for child in children if isinstance(child, _Column)),
            source=first((ClassExpression, Group)),
            where=first(Where),
            limit=limit,
            top=top[0] if top else None,
            tail=order[0] if order else limit.start if limit else None,
        )

    def top(self, children: list[Token]) -> _Top:
        return _Top((children[1],))

    def column(self, children: list[Any]) -> _Column:
        named = len(children) > 1 and isinstance(children[-2], Token) and children[-2].type == "AS"
        return _Column((str(children[-1]) if named else None,))

    def aggregate(self, _children: list[Any]) -> _Call:
        return _CALL

    call = aggregate

    def either(self, children: list[Any]) -> Group:
        return _group("OR", children)

    def both(self, children: list[Any]) -> Group:
        return _group("AND", children)

    both_closed = both

    def containing(self, children: list[Any]) -> ClassExpression:
        holder: ClassExpression = children[0]
        contained: Source = children[-1]
        negated = children[1].type == "NOT"
        return replace(holder, contains=contained, negated=negated, end=contained.end)

    def parenthesis(self, children: list[Any]) -> Source:
        source: Source = children[1]
        return replace(source, start=_index(children[0]), end=_index(children[2]) + 1)

    def class_expression(self, children: list[Any]) -> ClassExpression:
        predicate = children[-1] if isinstance(children[-1], Predicate) else None
        named = children[: 2 if predicate is None else -1]
        end = _index(named[-1]) + 1
        alias = str(named[1]) if len(named) > 1 else None
        start = _index(named[0])
        last = predicate.end if predicate else end
        return ClassExpression(str(named[0]), alias, predicate, start, end, last)

    def version(self, children: list[Any]) -> ClassExpression:
        alias = children[1] if len(children) > 1 and children[1].type == "IDENTIFIER" else None
        named = _index(children[0] if alias is None else alias) + 1
        start, end = _index(children[0]), _index(children[-1]) + 1
        return ClassExpression("VERSION", alias and str(alias), None, start, named, end)

    def predicate(self, children: list[Any]) -> Predicate:
        start, end = _index(children[0]), _index(children[-1])
        alternatives = [
            Alternative(tuple(terms), _index(before) + 1, _index(after))
            for before, terms, after in zip(children[::2], children[1::2], children[2::2], strict=False)
        ]
        return Predicate(tuple(alternatives), start, end + 1)

    def alternative(self, children: list[Any]) -> _Terms:
        return _Terms(child for child in children if isinstance(child, Comparison))

    def comparison(self, children: list[Any]) -> Comparison:
        path, operator, *operands = children
        return Comparison(path, str(operator), _plain(operands))

    def path(self, children: list[Any]) -> _Path:
        return _Path(
            str(child) for child in children if isinstance(child, Token) and child.type == "IDENTIFIER"
        )

    def where(self, children: list[Any]) -> Where:
        return Where(_all_of(children), _index(children[0]) + 1)

    def disjunction(self, children: list[Any]) -> Condition:
        return Condition(_all_of(children).comparisons)

    negation = disjunction

    def conjunction(self, children: list[Any]) -> Condition:
        return _all_of(children)

    def exists(self, _children: list[Any]) -> Condition:
        return Condition()

    def compared(self, children: list[Any]) -> Condition:
        path, operator, *operands = children
        if not isinstance(path, _Path):
            return Condition()
        comparison = Comparison(path, str(operator).upper(), _plain(operands))
        return Condition((comparison,), (comparison,))

    like = matches = compared

    def order(self, children: list[Any]) -> _Order:
        return _Order((_index(children[0]),))

    def limit(self, children: list[Token]) -> Limit:
        return Limit(children[1], children[3] if len(children) > 2 else None, _index(children[0]))


def _index(token: Token) -> int:
    """Its place among the tokens, which the lexer leaves where lark has another use for it."""
    return int(token.end_pos or 0)


def _plain(operands: list[Any]) -> tuple[Token, ...]:
    """Strings and parameters; nothing if there is anything else among them."""
    tokens = [item for item in operands if not (isinstance(item, Token) and item.type in _AROUND)]
    plain = all(isinstance(item, Token) and item.type in {"STRING", "PARAMETER"} for item in tokens)
    return tuple(tokens) if plain else ()


def _group(operator: str, children: list[Any]) -> Group:
    members = tuple(child for child in children if not isinstance(child, Token))
    return Group(operator, members, members[0].start, members[-1].end)


def _all_of(children: list[Any]) -> Condition:
    conditions = [child for child in children if isinstance(child, Condition)]
    comparisons = tuple(one for condition in conditions for one in condition.comparisons)
    return Condition(comparisons, tuple(one for condition in conditions for one in condition.required))
