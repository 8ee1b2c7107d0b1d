"""From text to Query: the grammar is in grammar.lark, the words in lexer.py."""

from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from lark import Lark, Token, UnexpectedToken
from lark.lexer import Lexer, LexerState

from clinical.domain.aql.building import Builder, Clauses
from clinical.domain.aql.lexer import tokens_of
from clinical.domain.aql.place import unreadable
from clinical.domain.aql.query import Query
from clinical.domain.errors import QueryUnreadable

#: The cache holds at most so many texts of at most so many characters: some 15 MB, if all are so long.
CACHED_TEXTS: Final = 128
CACHED_LENGTH: Final = 1024
#: And so many longer ones, since each is asked for several times in a run: some 30 MB, if all have 64 KiB.
CACHED_LONG: Final = 4


class _Cut(Lexer):
    """Hands on what tokens_of cuts."""

    __future_interface__ = 2

    def __init__(self, _conf: object) -> None: ...

    def lex(self, lexer_state: LexerState, _parser_state: object) -> Iterator[Token]:
        tokens: Any = lexer_state.text
        return iter(tokens)


def read(text: str) -> Query:
    """The query, from the cache if it was read lately.

    Raises:
        QueryUnreadable: with line and column of what is wrong, and what was expected there.
    """
    return _cached(text) if len(text) <= CACHED_LENGTH else _cached_long(text)


def _read(text: str) -> Query:
    tokens: list[Token] = []
    try:
        clauses: Clauses = _parser().parse(_kept(text, tokens))  # type: ignore[assignment]  # of Builder
    except UnexpectedToken as error:
        raise _problem(text, tokens, error.token) from None
    if tokens[-1].type == "DASHES":  # allowed by the grammar at the end, and of no meaning
        tokens.pop()
    tail = len(tokens) if clauses["tail"] is None else clauses["tail"]
    return Query(
        text=text,
        tokens=tuple(tokens),
        columns=clauses["columns"],
        source=clauses["source"],
        where=clauses["where"],
        limit=clauses["limit"],
        top=clauses["top"],
        tail=tail,
    )


def _kept(text: str, tokens: list[Token]) -> Iterator[Token]:
    for token in tokens_of(text):
        tokens.append(token)
        yield token


_cached = lru_cache(CACHED_TEXTS)(_read)
_cached_long = lru_cache(CACHED_LONG)(_read)


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer=_Cut, transformer=Builder(), start="query")


def _problem(text: str, tokens: list[Token], wrong: Token) -> QueryUnreadable:
    if wrong.type == "UNREADABLE":
        return unreadable(text, wrong.start_pos or 0, _unreadable(wrong))
    if wrong.type == "$END":
        return unreadable(text, len(text), f"it ends where {_expected(tokens)} is expected")
    return unreadable(text, wrong.start_pos or 0, f"{_expected(tokens[: wrong.end_pos])} is expected")


def _unreadable(token: Token) -> str:
    if token in {"'", '"'}:
        return "a string that does not end, or an escape that AQL does not have"
    return "a character that AQL has in strings only"


def _expected(tokens: list[Token]) -> str:
    """What may follow these, in words."""
    parser = _parser().parse_interactive()
    for token in tokens:
        parser.feed_token(token)
    accepted: set[str] = parser.accepts()  # type: ignore[no-untyped-call]  # lark leaves it out
    words = sorted({_IN_WORDS.get(name, name) for name in accepted} - {""})
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


#: What is not called by its own name in a message.
_IN_WORDS: Final = {
    **dict.fromkeys(("STRING", "TEMPORAL", "BOOLEAN", "INTEGER", "NUMBER", "NULL", "MINUS"), "a value"),
    **dict.fromkeys(("COUNT", "AGGREGATE", "FUNCTION", "TERMINOLOGY"), "a function"),
    "IDENTIFIER": "a name",
    "PARAMETER": "a parameter",
    "COMPARE": "a comparison",
    "REGEX": "{/…/}",
    "CODE": "a node id",
    "ARCHETYPE": "an archetype id",
    "TERM": "a coded term",
    "URI": "a URI",
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "LBRACE": "{",
    "RBRACE": "}",
    "COMMA": "a comma",
    "SLASH": "/",
    "STAR": "*",
    "$END": "the end",
    "DASHES": "",
}
