"""What EHRbase says of a composition that it refuses, read by rule and without the values in it.

EHRbase answers one string (`{"error", "message"}`). From its validator it is violations joined as `path:
text, path: text`; from its reader of simplified formats a list of paths that nothing consumed, or a sentence;
from its JSON mapper a sentence of Jackson's with a chain (`…Composition["content"]->…ArrayList[1]->…`). All
of them may quote what was sent: of a text only limits of the template and names of the model are kept, and
what looks like a path has to be one, of attributes of the model and node ids. What is quoted may be long, and
made to be searched for ever: everything is found in one pass.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from re import Match, Pattern
from typing import Any, Final

from openward_openehr.reference_model.types import attributes
from openward_openehr.validation import Rule

from clinical.domain.errors import CompositionRejected
from clinical.domain.objection import Objection, Place

#: Of a kind that is not known here.
REFUSED: Final = "refused"

#: Characters of a message that are looked into: some forty violations.
_LOOKED_INTO: Final = 8192
_NODE_ID: Final = r"(?:(?:at|id)[\d.]{1,40}|openEHR-[\w-]{1,80}\.[\w-]{1,80}\.v[\w.-]{1,20}|\d{1,9})"
#: The name that a node has in the composition may be somebody's.
_NAMED: Final = r" and name/value='[^'\n]{0,200}'"
_STEP: Final = rf"/[a-z_]{{1,40}}(?:\[{_NODE_ID}(?:{_NAMED})?(?:, ?\d{{1,9}})?\])?"
_VIOLATION: Final = re.compile(rf"(?:^|, )((?:{_STEP})+|/): ", re.ASCII)
_NAMES: Final = re.compile(_NAMED)
_PREDICATE: Final = re.compile(r"\[[^\]]*\]")
_UNCONSUMED: Final = re.compile(r"Could not consume Parts? \[")
_CHAIN: Final = "(through reference chain: "
_LINK: Final = re.compile(r'\["(\w+)"\]|(?:ArrayList|Object\[\]|List)\[(\d+)\]')
_LIMIT: Final = re.compile(r"(at least|at most|greater than|less than) (-?[\d.,]+)")
_WORDS: Final = {"at least": "min", "at most": "max", "greater than": "above", "less than": "below"}

_Expect = Callable[[Match[str]], Mapping[str, Any]]


def _nothing(_: Match[str]) -> Mapping[str, Any]:
    return {}


def _limits(match: Match[str]) -> Mapping[str, Any]:
    return {"range": {_WORDS[word]: limit.rstrip(".,") for word, limit in _LIMIT.findall(match[1])}}


def _attribute(match: Match[str]) -> Mapping[str, Any]:
    return {"attribute": match[1], "type": match[2]}


def _occurrences(match: Match[str]) -> Mapping[str, Any]:
    least, _, most = match[2].partition("..")
    return {"occurrences": {"min": int(least), "max": int(most or least) if most != "*" else None}}


def _invariant(match: Match[str]) -> Mapping[str, Any]:
    return {"invariant": match[1], "type": match[2]}


#: What a violation says, from its beginning; the first that fits.
_VIOLATIONS: Final[tuple[tuple[Pattern[str], Rule, _Expect], ...]] = (
    (
        re.compile(r"The value \S+ must be ((?:at least|at most|less than|greater than) .+)", re.DOTALL),
        Rule.OUT_OF_RANGE,
        _limits,
    ),
    (re.compile(r'The value ".*?" must be (?:".+"|one of:.+)', re.DOTALL), Rule.CHOICE, _nothing),
    (
        re.compile(r"Attribute (\w+) of class (\w+) does not match existence"),
        Rule.MISSING_REQUIRED,
        _attribute,
    ),
    (
        re.compile(r"Attribute has (0) occurrences, but must be ([\d.*]+)"),
        Rule.MISSING_REQUIRED,
        _occurrences,
    ),
    (re.compile(r"Attribute has (\d+) occurrences, but must be ([\d.*]+)"), Rule.TOO_MANY, _occurrences),
    (re.compile(r"Attribute does not match (cardinality) ([\d.*]+)"), Rule.CARDINALITY, _occurrences),
    (re.compile(r"Invariant (\w+) failed on type (\w+)"), Rule.INCONSISTENT, _invariant),
    (re.compile(r"Exception \w+ invoking invariant (\w+) on (\w+)"), Rule.INCONSISTENT, _invariant),
    (re.compile(r"CodePhrase codeString does not match any option"), Rule.UNKNOWN_CODE, _nothing),
    (re.compile(r"CodePhrase terminology does not match"), Rule.WRONG_TERMINOLOGY, _nothing),
    (re.compile(r"Dv_Coded_Text value does not match"), Rule.WRONG_RUBRIC, _nothing),
    (re.compile(r".*not in template", re.DOTALL), Rule.NOT_IN_TEMPLATE, _nothing),
    (re.compile(r"No valid transition|IsmTransition contains"), Rule.INCONSISTENT, _nothing),
    (re.compile(r"Observation .*contains no results", re.DOTALL), Rule.MISSING_REQUIRED, _nothing),
)
#: What stands for a whole answer: phrases that are in it one after the other.
_SENTENCES: Final[tuple[tuple[tuple[str, ...], Rule], ...]] = (
    (("Text '", "' could not be parsed"), Rule.WRONG_FORMAT),
    (("Could not resolve type",), Rule.WRONG_TYPE),
    (("Could not resolve subtype",), Rule.WRONG_TYPE),
    (("Cannot deserialize value of type",), Rule.WRONG_TYPE),
    (("Cannot construct instance of",), Rule.WRONG_FORMAT),
    (("Unrecognized field",), Rule.WRONG_FORMAT),
    (("supplied value [", "] doesn't match code string"), Rule.WRONG_RUBRIC),
    (("Error at index ", " in: "), Rule.MALFORMED_PATH),
)
_MISSING: Final = re.compile(r"(?:Composition )?missing mandatory attribute: ([\w. ]+)")


def rejection(message: str) -> CompositionRejected:
    """The problem to answer for a 400 or 422 of EHRbase."""
    head = message[:_LOOKED_INTO]
    said = tuple(_unconsumed(head)) or tuple(_violations(head)) or _single(message)
    return CompositionRejected("The composition does not fit its template.", said=said)


def _unconsumed(message: str) -> Iterator[Objection]:
    """Of a list that has no end here the last may be half a path."""
    if match := _UNCONSUMED.match(message):
        listed, end, _ = message[match.end() :].rpartition("]")
        paths = listed if end else message[match.end() :].rpartition(", ")[0]
        for path in paths.split(", "):
            yield Objection(Rule.UNKNOWN_PATH, Place.FLAT, path)


def _violations(message: str) -> Iterator[Objection]:
    """EHRbase says some of them twice."""
    begun = [match for match in _VIOLATION.finditer(message) if _is_of_model(match[1])]
    ends = [*(match.start() for match in begun[1:]), len(message)]
    said = (
        (_NAMES.sub("", match[1]), message[match.end() : end])
        for match, end in zip(begun, ends, strict=False)
    )
    for path, text in dict.fromkeys(said):
        yield _violation(path, text)


def _is_of_model(path: str) -> bool:
    steps = _PREDICATE.sub("", _NAMES.sub("", path)).split("/")
    return attributes().issuperset(filter(None, steps))


def _violation(path: str, text: str) -> Objection:
    for pattern, rule, expect in _VIOLATIONS:
        if match := pattern.match(text):
            return Objection(rule, Place.AQL, path, expect(match))
    return Objection(REFUSED, Place.AQL, path)


def _single(message: str) -> tuple[Objection, ...]:
    if match := _MISSING.match(message):
        attribute = match[1].strip().replace(" ", "_")
        return (Objection(Rule.MISSING_REQUIRED, Place.AQL, f"/{attribute}"),)
    rule = next((rule for phrases, rule in _SENTENCES if _has(message, phrases)), REFUSED)
    pointer = _pointer(message[-_LOOKED_INTO:])
    return (Objection(rule, Place.NOWHERE if pointer is None else Place.POINTER, pointer or ""),)


def _has(message: str, phrases: tuple[str, ...]) -> bool:
    at = 0
    for phrase in phrases:
        found = message.find(phrase, at)
        if found < 0:
            return False
        at = found + len(phrase)
    return True


def _pointer(end: str) -> str | None:
    """Of the end of a message; names of the reference model and positions, or there is none."""
    _, chain, links = end.rpartition(_CHAIN)
    steps = [name or index for name, index in _LINK.findall(links)] if chain else []
    if not all(step in attributes() or step.isdigit() for step in steps):
        return None
    return "".join(f"/{step}" for step in steps) if chain else None
