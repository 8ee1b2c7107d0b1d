"""A query's text, printed from its tokens, with what was put in between.

What is sent to EHRbase is never what the caller wrote but this: no comments, one space, and around a token
nothing that another lexer could take for a part of it. So both readers see the same tokens.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from lark import Token

from clinical.domain.aql.query import Query

_NO_SPACE_AFTER: Final = frozenset(("LPAR", "LSQB", "SLASH"))
_NO_SPACE_BEFORE: Final = frozenset(("RPAR", "LSQB", "RSQB", "SLASH", "COMMA"))
#: In these some of the signs above may stand, and a lexer that reads on would take them in.
_APART: Final = frozenset(("URI", "TERM", "ARCHETYPE", "REGEX"))
_CALLED: Final = frozenset(("COUNT", "AGGREGATE", "FUNCTION", "TERMINOLOGY"))


class Rewriting:
    """Collects changes of one query; `str()` of it is the text."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self._before: defaultdict[int, list[str]] = defaultdict(list)
        self._instead: dict[int, tuple[int, str]] = {}
        self._required: list[str] = []

    def insert(self, index: int, text: str) -> None:
        """Before the token at `index`, after what was inserted there earlier."""
        self._before[index].append(text)

    def replace(self, start: int, text: str, *, until: int) -> None:
        """What is between the two; in there nothing else may be changed."""
        self._instead[start] = (until, text)

    def require(self, condition: str) -> None:
        """Of every row, in WHERE, whatever that says already."""
        self._required.append(condition)

    def original(self, start: int, end: int) -> str:
        """The tokens from `start` to before `end`, without the changes."""
        return printed(self.query.tokens[start:end])

    def __str__(self) -> str:
        self._put_what_is_required()
        tokens, parts, start = self.query.tokens, [], 0
        for index in sorted({*self._before, *self._instead}):
            parts += [printed(tokens[start:index]), *self._before.get(index, ())]
            start = index
            if index in self._instead:
                start, text = self._instead[index]
                parts.append(text)
        return " ".join(filter(None, (*parts, printed(tokens[start:]))))

    def _put_what_is_required(self) -> None:
        condition, where = " AND ".join(self._required), self.query.where
        self._required.clear()
        if condition and where is None:
            self.insert(self.query.tail, f"WHERE {condition}")
        elif condition and where is not None:
            self.insert(where.start, f"{condition} AND (")
            self.insert(self.query.tail, ")")


def printed(tokens: Sequence[Token]) -> str:
    parts: list[str] = []
    for previous, token in zip((None, *tokens), tokens, strict=False):
        if previous is not None and _apart(previous, token):
            parts.append(" ")
        parts.append(token)
    return "".join(parts)


def quoted(value: str) -> str:
    """A string of AQL; a character that AQL or EHRbase refuses in one is refused there."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _apart(previous: Token, token: Token) -> bool:
    if previous.type in _APART or token.type in _APART:
        return True
    if token.type == "LPAR":
        return previous.type not in _CALLED
    return previous.type not in _NO_SPACE_AFTER and token.type not in _NO_SPACE_BEFORE
