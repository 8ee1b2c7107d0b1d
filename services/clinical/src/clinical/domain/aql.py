"""Binding an AQL query to one EHR before it may run.

EHRbase answers any query for all EHRs: neither the `ehr_id` parameter nor the `openehr-ehr-id` header of
ITS-REST is read. So the EHR is bound in the query's text. Only as much of AQL 1.1 is read as that needs:
its tokens, of which the class expression `EHR` of the FROM clause is the only place where an EHR enters a
query. What is not understood is refused, never forwarded.
"""

import re
from dataclasses import dataclass

from openward_contracts.identifiers import EhrId

from clinical.domain.errors import QueryNotBound, QueryUnreadable

#: The parameter under which the EHR's id travels. A caller cannot set it: its name is refused in a request.
EHR_PARAMETER = "openward_ehr_id"

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<comment>--[^\n]*)
      | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<parameter>\$[A-Za-z_]\w*)
      | (?P<word>[A-Za-z_][\w.\-]*)
      | (?P<number>\d[\w.:+\-]*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_CLAUSES = frozenset({"where", "order", "limit", "offset"})
MAX_LENGTH = 64 * 1024


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


def bind_to_ehr(query: str) -> str:
    """The query with `[ehr_id/value=$openward_ehr_id]` on its EHR.

    Raises:
        QueryUnreadable: not AQL that can be read, with the position.
        QueryNotBound: no EHR, more than one, or one that already has a predicate.
    """
    ehr, alias_end, has_predicate = _ehr_expression(query)
    if has_predicate:
        raise QueryNotBound("the EHR is chosen by the request; remove the predicate of EHR", ehr.start)
    return f"{query[:alias_end]}[ehr_id/value=${EHR_PARAMETER}]{query[alias_end:]}"


def bound_ehr(query: str, parameters: dict[str, object]) -> EhrId:
    """The one EHR that a query names itself, as `EHR e[ehr_id/value='…']` or by a parameter.

    Raises:
        QueryUnreadable, QueryNotBound: as `bind_to_ehr`.
    """
    ehr, alias_end, has_predicate = _ehr_expression(query)
    match = re.compile(r"\s*\[\s*ehr_id/value\s*=\s*(?:'([^'\\]*)'|\$([A-Za-z_]\w*))\s*\]").match(
        query, alias_end
    )
    if not has_predicate or match is None:
        raise QueryNotBound("name one EHR: EHR e[ehr_id/value=$ehr_id]", ehr.start)
    value = match.group(1) or parameters.get(match.group(2) or "")
    try:
        return EhrId(str(value))
    except ValueError:
        raise QueryNotBound("the EHR's id is not a UUID", ehr.start) from None


def is_limited(query: str) -> bool:
    """Whether the query itself says LIMIT: EHRbase refuses that together with `fetch`."""
    return any(token.is_word("limit") for token in _tokens(query))


def _ehr_expression(query: str) -> tuple[Token, int, bool]:
    """The token EHR, where the predicate goes, and whether there is one."""
    tokens = list(_tokens(query))
    clause = _from_clause(tokens)
    found = [i for i in clause if tokens[i].is_word("ehr")]
    if len(found) != 1:
        raise QueryNotBound("exactly one EHR is needed in FROM", tokens[clause[0]].start if clause else 0)
    index = found[0]
    end = index
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if following and following.kind == "word" and not following.is_word("contains", *_CLAUSES):
        end = index + 1
    after = tokens[end + 1] if end + 1 < len(tokens) else None
    return tokens[index], tokens[end].end, after is not None and after.text == "["


def _from_clause(tokens: list[Token]) -> range:
    """Indices of the tokens between FROM and the clause after it."""
    starts = [i for i, token in enumerate(tokens) if token.is_word("from")]
    if len(starts) != 1 or not tokens[0].is_word("select"):
        raise QueryUnreadable("SELECT … FROM … is expected", 0)
    ends = (i for i in range(starts[0], len(tokens)) if tokens[i].is_word(*_CLAUSES))
    return range(starts[0] + 1, next(ends, len(tokens)))


def _tokens(query: str) -> list[Token]:
    if len(query) > MAX_LENGTH:
        raise QueryUnreadable(f"longer than {MAX_LENGTH} characters", MAX_LENGTH)
    tokens = [
        Token(str(match.lastgroup), match.group(), match.start(), match.end())
        for match in _TOKEN.finditer(query)
        if match.lastgroup not in ("space", "comment")
    ]
    quote = next((t for t in tokens if t.kind == "other" and t.text in "'\""), None)
    if quote is not None:
        raise QueryUnreadable("a string that does not end", quote.start)
    if not tokens:
        raise QueryUnreadable("the query is empty", 0)
    return tokens
