"""AQL as EHRbase's lexer cuts it into tokens (ehrbase/openEHR_SDK 2.22, AqlLexer.g4; openEHR AQL 1.1).

That lexer takes the longest token that begins at a place, whatever the grammar would have next, and of two
that are as long the one it lists first. So does this one: a word is taken by one expression, and only where a
sign follows that an archetype id, a coded term or a URI could go on with, these are tried too. Where nothing
is found the token is UNREADABLE, which no rule of the grammar takes: what is wrong first is reported.
"""

import re
from collections.abc import Iterator
from typing import Final

from lark import Token

from clinical.domain.aql.place import unreadable

#: Characters of a query, and how deep it may be nested; EHRbase's own parser recurses.
MAX_LENGTH: Final = 64 * 1024
MAX_DEPTH: Final = 60

_KEYWORDS: Final = frozenset(
    [
        "SELECT",
        "AS",
        "FROM",
        "WHERE",
        "ORDER",
        "BY",
        "DESC",
        "DESCENDING",
        "ASC",
        "ASCENDING",
        "LIMIT",
        "OFFSET",
        "DISTINCT",
        "VERSION",
        "LATEST_VERSION",
        "ALL_VERSIONS",
        "NULL",
        "TOP",
        "FORWARD",
        "BACKWARD",
        "CONTAINS",
        "AND",
        "OR",
        "NOT",
        "EXISTS",
        "LIKE",
        "MATCHES",
        "COUNT",
        "TERMINOLOGY",
    ]
)
_AGGREGATES: Final = frozenset(["MIN", "MAX", "SUM", "AVG"])
_FUNCTIONS: Final = frozenset(
    [
        "LENGTH",
        "POSITION",
        "SUBSTRING",
        "CONCAT",
        "CONCAT_WS",
        "ABS",
        "MOD",
        "CEIL",
        "FLOOR",
        "ROUND",
        "NOW",
        "CURRENT_DATE_TIME",
        "CURRENT_DATE",
        "CURRENT_TIMEZONE",
        "CURRENT_TIME",
    ]
)
_WORDS: Final = {
    **{word: word for word in _KEYWORDS},
    **dict.fromkeys(_AGGREGATES, "AGGREGATE"),
    **dict.fromkeys(_FUNCTIONS, "FUNCTION"),
    **dict.fromkeys(("TRUE", "FALSE"), "BOOLEAN"),
}
_SIGNS: Final = {
    "(": "LPAR",
    ")": "RPAR",
    "[": "LSQB",
    "]": "RSQB",
    "{": "LBRACE",
    "}": "RBRACE",
    ",": "COMMA",
    "/": "SLASH",
    "*": "STAR",
    "-": "MINUS",
    "--": "DASHES",
}

_WS = r"[ \t\r\n]"
_ESCAPE = r"\\(?:['\"?abfnrtv\\0-7]|u[0-9A-Fa-f]{4})"
_STRING = rf"'[^'\\]*(?:{_ESCAPE}[^'\\]*)*'|\"[^\"\\]*(?:{_ESCAPE}[^\"\\]*)*\""
_REGEX = rf"\{{{_WS}*/(?:\\/|[^/\n\r])+/{_WS}*+(?:;{_WS}*+(?:{_STRING}){_WS}*+)?\}}"
#: `at0001.1`, or without a point what is not the beginning of a longer name.
_CODE = r"(?:id|at)\d++(?:(?>(?:\.(?:0|[1-9]\d*))+)|(?!\w))"
#: The skipped: also the three byte order marks of AqlLexer.g4, of which two were hardly meant like that.
_SPACE = rf"(?:{_WS}|\ufeff|\uefbbBF|\x00FEFF)+"
_TOKEN: Final = re.compile(
    rf"""(?P<SPACE>{_SPACE})
       | (?P<CODE>{_CODE})
       | (?P<WORD>[A-Za-z]\w*)
       | (?P<SIGN>[()\[\]/,*}}])
       | (?P<COMPARE>[<>!]=|[<>=])
       | (?P<STRING>{_STRING})
       | (?P<PARAMETER>\$[A-Za-z]\w*)
       | (?P<NUMBER>\d*\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)
       | (?P<INTEGER>\d+)
       | (?P<REGEX>{_REGEX})
       | (?P<COMMENT>--(?:[ ][^\r\n]*)?(?:\r?\n|\Z))
       | (?P<OTHER>--|[-{{])""",
    re.VERBOSE | re.ASCII,
)

_NAME, _LABEL = r"[A-Za-z]\w*", r"[A-Za-z](?:[\w-]|%[0-9A-Fa-f]{2})*"
_ARCHETYPE: Final = re.compile(
    rf"(?:{_LABEL}(?:\.{_LABEL})*::)?{_NAME}-{_NAME}-{_NAME}\.[A-Za-z][\w-]*"
    r"\.v\d+(?:\.\d+)*(?:-(?:rc|alpha)(?:\.\d+)?)?",
    re.ASCII,
)
_TERM: Final = re.compile(r"[\w.-]+(?:\([\w.-]+\))?::[\w.-]+(?:\|[^|\[\]]+\|)?", re.ASCII)
_PCHAR = r"(?:[\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_HOST = r"(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
_USER = r"(?:(?:[\w.~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?"
_QUAD = r"[0-9A-Fa-f]{4}"
_IPV6 = rf"\[{_QUAD}(?::{_QUAD})*::{_QUAD}(?::{_QUAD})*\]"
_URI: Final = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.-]*:(?://{_USER}(?:{_IPV6}|{_HOST})(?::\d*)?(?:/{_PCHAR}*)*"
    rf"|/?(?:{_PCHAR}+(?:/{_PCHAR}*)*)?)(?:\?(?:{_PCHAR}|[/?])*)?(?:\#(?:{_PCHAR}|[/?])*)?",
    re.ASCII,
)
#: In the order of AqlLexer.g4, the first of several that are as long is taken.
_COMPOUNDS: Final = (("ARCHETYPE", _ARCHETYPE), ("TERM", _TERM), ("URI", _URI))
#: What any of them may have after its first letters and digits, or begin with.
_GOES_ON: Final = frozenset("_-.:+%(")
_MAY_GO_ON: Final = frozenset(("WORD", "CODE", "INTEGER", "NUMBER", "OTHER", "UNREADABLE"))
_SKIPPED: Final = frozenset(("SPACE", "COMMENT"))
_OPENING: Final = frozenset(("LPAR", "LSQB", "LBRACE"))
_CLOSING: Final = frozenset(("RPAR", "RSQB", "RBRACE"))
_TEMPORAL: Final = re.compile(
    r"""['"](?:
        \d{4}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]) | -(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))
      | (?:\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])T)?
            (?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?:\.\d{3})?(?:Z|[-+](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?
      | (?:\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T)?
            (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?(?:Z|[-+](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?
    )['"]""",
    re.VERBOSE | re.ASCII,
)
_HALF_A_CHARACTER: Final = re.compile("[\ud800-\udfff]")


def tokens_of(text: str) -> Iterator[Token]:
    """All but space and comments. `start_pos` is the offset in `text`, `end_pos` the number of the token.

    Cut one by one, as they are asked for: what follows the first that the grammar refuses is not looked at.
    As the grammar has no three in a row of those that may go on, no place is looked at often.

    Raises:
        QueryUnreadable: too long, too deep, or with half a character (an unpaired surrogate).
    """
    if len(text) > MAX_LENGTH:
        raise unreadable(text, MAX_LENGTH, f"longer than {MAX_LENGTH} characters")
    if half := _HALF_A_CHARACTER.search(text):
        raise unreadable(text, half.start(), "half a character")
    brackets = contains = negations = 0
    for index, (kind, start, end) in enumerate(_cut(text)):
        brackets += (kind in _OPENING) - (kind in _CLOSING)
        contains += kind == "CONTAINS"
        negations = negations + 1 if kind == "NOT" else 0
        if max(brackets, contains, negations) > MAX_DEPTH:
            raise unreadable(text, start, f"nested more than {MAX_DEPTH} deep")
        yield Token(kind, text[start:end], start, end_pos=index)


def is_temporal(literal: str) -> bool:
    """Whether a string in quotes is a literal of a date or a time, which some places do not take."""
    return _TEMPORAL.fullmatch(literal) is not None


def _cut(text: str) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end of each token; UNREADABLE is the last if there is one."""
    position, length = 0, len(text)
    while position < length:
        match = _TOKEN.match(text, position)
        kind, end = (str(match.lastgroup), match.end()) if match else ("UNREADABLE", position)
        if kind in _MAY_GO_ON and (end == length or text[end] in _GOES_ON or text[end].isalnum()):
            kind, end = _longest(text, position, kind, end)
        if kind == "UNREADABLE":
            yield kind, position, position + 1
            return
        if kind not in _SKIPPED:
            yield _terminal(kind, text[position:end]), position, end
        position = end


def _longest(text: str, position: int, kind: str, end: int) -> tuple[str, int]:
    for compound, pattern in _COMPOUNDS:
        match = pattern.match(text, position)
        if match and match.end() > end:
            kind, end = compound, match.end()
    return kind, end


def _terminal(kind: str, text: str) -> str:
    """The name that the grammar knows the token by."""
    if kind == "WORD":
        return _WORDS.get(text.upper(), "IDENTIFIER")
    if kind in {"SIGN", "OTHER"}:
        return _SIGNS[text]
    if kind == "STRING" and is_temporal(text):
        return "TEMPORAL"
    return kind
