"""Binding an AQL query to the EHRs of one person before it may run.

EHRbase answers any query for all EHRs: neither the `ehr_id` parameter nor the `openehr-ehr-id` header of
ITS-REST is read. So the EHRs are bound in the query's text: FROM begins with the one class expression `EHR`,
and all else is contained in it.

That holds only as long as EHRbase reads the text as it is read here. So the tokens are those of its own
lexer (ehrbase/openEHR_SDK, AqlLexer.g4), and those that could hide something from one of the two readers are
refused, never forwarded: comments, regular expressions, URIs and coded terms that stand outside of strings.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from openward_contracts.identifiers import EhrId

from clinical.domain.errors import QueryNotBound, QueryUnreadable

#: So begin the parameters with the EHRs' ids. A caller cannot set them: they are refused in a request.
EHR_PARAMETER = "openward_ehr_id"

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<comment>--)
      | (?P<regex>\{[ \t\r\n]*/)
      | (?P<string>'(?:[^'\\]|\\(?:['"?abfnrtv\\0-7]|u[0-9A-Fa-f]{4}))*'
                 | "(?:[^"\\]|\\(?:['"?abfnrtv\\0-7]|u[0-9A-Fa-f]{4}))*")
      | (?P<parameter>\$[A-Za-z]\w*)
      | (?P<archetype>[A-Za-z]\w*-[A-Za-z]\w*-[A-Za-z]\w*\.[A-Za-z][\w-]*
                      \.v\d+(?:\.\d+)*(?:-(?:rc|alpha)(?:\.\d+)?)?)
      | (?P<word>[A-Za-z]\w*)
      | (?P<number>\d+)
      | (?P<sign>[-+*/.,=!<>(){}\[\]])
      | (?P<quote>['"])""",
    re.VERBOSE | re.ASCII,
)
_REFUSED = {
    "comment": "comments are not taken",
    "regex": "regular expressions are not taken",
    "quote": "a string that does not end, or an escape that AQL does not have",
}
_CLAUSES = ("where", "order", "limit", "offset")
#: What may follow the EHR. AND and OR may not: their other side would not be contained in it.
_AFTER_EHR = ("contains", "not")
MAX_LENGTH = 64 * 1024


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


@dataclass(frozen=True)
class _ClassExpression:
    """`EHR e[…]`: where it starts, where its predicate goes, and the tokens of the one that it has."""

    start: int
    end: int
    predicate: list[Token] | None


def bind_to_ehrs(query: str, ehr_ids: Sequence[EhrId]) -> tuple[str, dict[str, str]]:
    """The query with `[ehr_id/value=$openward_ehr_id_0 OR …]` on its EHR, and the values of these parameters.

    One query for all of them: what it counts, sorts and pages is right whatever EHR it is in.

    Raises:
        QueryUnreadable: not AQL that can be read, with the position.
        QueryNotBound: FROM does not begin with its one EHR, or that already has a predicate.
    """
    ehr = _ehr_expression(query)
    if ehr.predicate is not None:
        raise QueryNotBound("the EHR is chosen by the request; remove the predicate of EHR", ehr.start)
    parameters = {f"{EHR_PARAMETER}_{number}": str(ehr_id) for number, ehr_id in enumerate(ehr_ids)}
    predicate = " OR ".join(f"ehr_id/value=${name}" for name in parameters)
    return f"{query[: ehr.end]}[{predicate}]{query[ehr.end :]}", parameters


def bound_ehr(query: str, parameters: dict[str, object]) -> EhrId:
    """The one EHR that a query names itself, as `EHR e[ehr_id/value='…']` or by a parameter.

    Raises:
        QueryUnreadable, QueryNotBound: as `bind_to_ehrs`.
    """
    ehr = _ehr_expression(query)
    predicate = ehr.predicate or []
    if [token.text for token in predicate[:-1]] != ["ehr_id", "/", "value", "="]:
        raise QueryNotBound("name one EHR: EHR e[ehr_id/value=$ehr_id]", ehr.start)
    operand = predicate[-1]
    value = parameters.get(operand.text[1:]) if operand.kind == "parameter" else operand.text[1:-1]
    try:
        return EhrId(str(value))
    except ValueError:
        raise QueryNotBound("the EHR's id is not a UUID", ehr.start) from None


def is_limited(query: str) -> bool:
    """Whether the query itself says LIMIT: EHRbase refuses that together with `fetch`."""
    return any(token.is_word("limit") for token in _tokens(query))


def _ehr_expression(query: str) -> _ClassExpression:
    clause = _from_clause(_tokens(query))
    if not clause[0].is_word("ehr") or any(token.is_word("ehr") for token in clause[1:]):
        raise QueryNotBound("FROM has to begin with EHR, its only one", clause[0].start)
    has_alias = len(clause) > 1 and clause[1].kind == "word" and not clause[1].is_word(*_AFTER_EHR)
    end, rest = clause[has_alias].end, clause[1 + has_alias :]
    predicate = None
    if rest and rest[0].text == "[":
        predicate = list(takewhile(lambda token: token.text != "]", rest[1:]))
        rest = rest[len(predicate) + 2 :]
    if rest and not rest[0].is_word(*_AFTER_EHR):
        raise QueryNotBound("only CONTAINS may follow EHR", rest[0].start)
    return _ClassExpression(clause[0].start, end, predicate)


def _from_clause(tokens: list[Token]) -> list[Token]:
    """What stands between FROM and the clause after it: one token at least."""
    starts = [i for i, token in enumerate(tokens) if token.is_word("from")]
    if len(starts) != 1 or not tokens[0].is_word("select"):
        raise QueryUnreadable("SELECT … FROM … is expected", 0)
    clause = list(takewhile(lambda token: not token.is_word(*_CLAUSES), tokens[starts[0] + 1 :]))
    if not clause:
        raise QueryUnreadable("FROM is empty", tokens[starts[0]].end)
    return clause


def _tokens(query: str) -> list[Token]:
    if len(query) > MAX_LENGTH:
        raise QueryUnreadable(f"longer than {MAX_LENGTH} characters", MAX_LENGTH)
    tokens, position = [], 0
    while position < len(query):
        match = _TOKEN.match(query, position)
        if match is None:
            raise QueryUnreadable("a character that AQL has in strings only", position)
        kind, position = str(match.lastgroup), match.end()
        if kind in _REFUSED:
            raise QueryUnreadable(_REFUSED[kind], match.start())
        if kind != "space":
            tokens.append(Token(kind, match.group(), match.start(), position))
    if not tokens:
        raise QueryUnreadable("the query is empty", 0)
    return tokens
