"""FHIR search parameters as searches of the registry (R4 search.html; IHE PDQm 3.2, 2:3.78.4.1.2).

A comma is OR, a repeated parameter AND. Strings match from the beginning in any spelling, or with `:exact`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

from openward_contracts.identifiers import PatientId
from openward_servicekit.fhir.searching import ParameterInvalid, only_counts
from pydantic import TypeAdapter, ValidationError

from patients.api.fhir.birth_ranges import birth_range
from patients.domain.record import Gender
from patients.domain.search.asking import Search, Term, Typos
from patients.domain.text import Text
from patients.service.cross_referencing import REGISTRYS_OWN

#: More alternatives than a caller can mean.
MOST_ALTERNATIVES: Final = 24
RESULT_PARAMETERS: Final = frozenset({"_count", "_format", "_pretty", "_total", "_cursor"})

Delta = Mapping[str, Any]
"""What one alternative of one parameter adds to a Search, by field; None: it cannot be true."""

_TEXT: Final[TypeAdapter[str]] = TypeAdapter(Text)
#: A backslash escapes what follows it (R4 search.html#escaping).
_ALTERNATIVE: Final = re.compile(r"(?:[^\\,]|\\.)+", re.DOTALL)
_SYSTEM: Final = re.compile(r"((?:[^\\|]|\\.)*)\|(.*)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([\\,|$])")
_SEVERAL: Final = ("family", "given", "identifiers", "birth")


@dataclass(frozen=True)
class Conjunction:
    """`main` and all of `also` must hold; a Search has one place for some fields."""

    main: Search
    also: tuple[Search, ...] = ()


@dataclass(frozen=True)
class Asked:
    """`plan`: one of these must hold, empty when none can. `only`: systems of the identifiers to show.

    `used`: the parameters that were understood, as they were sent. `unknown`: names of the others.
    """

    plan: tuple[Conjunction, ...]
    used: tuple[tuple[str, str], ...] = ()
    only: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = field(default=())


def asked(pairs: Sequence[tuple[str, str]]) -> Asked:
    """Raises ParameterInvalid."""
    used, unknown, groups, only = [], [], [], set()
    for name, value in pairs:
        plain, _, modifier = name.partition(":")
        if plain in RESULT_PARAMETERS or only_counts((name, value)) or not value.strip():
            continue
        if plain not in _READERS:
            unknown.append(name)
            continue
        if modifier and not (modifier == "exact" and plain in STRINGS):
            raise ParameterInvalid(name, "only :exact, and only of strings", "not-supported")
        values = [_clean(name, each) for each in _split(value)]
        deltas = [
            each for text in values for each in _READERS[plain](Value(plain, text, modifier == "exact"))
        ]
        groups.append(_joined([each for each in deltas if each is not None]))
        used.append((name, value))
        if plain == "identifier":
            only |= {system for system, code in map(_token, values) if system and not code}
    return Asked(tuple(_plan(groups)), tuple(used), frozenset(only), tuple(unknown))


def _joined(group: Sequence[Delta]) -> Sequence[Delta]:
    """Ids may be one of several in one search."""
    ids = [each for delta in group for each in delta.get("ids", ())]
    return [{"ids": tuple(dict.fromkeys(ids))}] if ids else group


def _plan(groups: Sequence[Sequence[Delta]]) -> list[Conjunction]:
    number = 1
    for group in groups:
        number *= len(group)
    if number > MOST_ALTERNATIVES:
        raise ParameterInvalid("", f"at most {MOST_ALTERNATIVES} alternatives", "too-costly")
    return [_conjunction(deltas) for deltas in product(*groups)] if groups else [Conjunction(_search({}))]


def _conjunction(deltas: Sequence[Delta]) -> Conjunction:
    main: dict[str, Any] = {}
    also: list[Delta] = []
    for delta in deltas:
        for name, value in delta.items():
            if name in _SEVERAL:
                main[name] = (*main.get(name, ()), *value)
            elif name == "words":
                main[name] = f"{main.get(name, '')} {value}".strip()
            elif main.setdefault(name, value) != value:
                also.append({name: value})
    return Conjunction(_search(main), tuple(_search(each) for each in also))


def _search(fields: Delta) -> Search:
    return Search(**({"active": None, "typos": Typos.NO} | dict(fields)))


def _split(value: str) -> list[str]:
    return [part for part in _ALTERNATIVE.findall(value) if part.strip()]


def _clean(name: str, text: str) -> str:
    try:
        return _TEXT.validate_python(text)
    except ValidationError:
        raise ParameterInvalid(name, "at most 200 readable characters") from None


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _token(text: str) -> tuple[str | None, str]:
    """System, None without one, and code."""
    match = _SYSTEM.fullmatch(text)
    return (_unescaped(match[1]) or None, _unescaped(match[2])) if match else (None, _unescaped(text))


@dataclass(frozen=True, slots=True)
class Value:
    """One alternative of a parameter, escaped as it came."""

    name: str
    text: str
    exact: bool

    @property
    def term(self) -> Term:
        return Term(_unescaped(self.text), self.exact)


Reader = Callable[[Value], list[Delta | None]]


def _id(value: Value) -> list[Delta | None]:
    try:
        return [{"ids": (PatientId(value.text),)}]
    except ValueError:
        return [None]


def _active(value: Value) -> list[Delta | None]:
    code = _token(value.text)[1]
    if code not in {"true", "false"}:
        raise ParameterInvalid(value.name, "true or false")
    return [{"active": code == "true"}]


def _gender(value: Value) -> list[Delta | None]:
    try:
        return [{"gender": Gender(_token(value.text)[1])}]
    except ValueError:
        raise ParameterInvalid(value.name, "male, female, other or unknown", "code-invalid") from None


def _identifier(value: Value) -> list[Delta | None]:
    """Without a system: in any (PDQm). A system alone: who has one of it, as all have the registry's own."""
    system, code = _token(value.text)
    if code:
        return [{"identifiers": ((system, code),)}]
    if system is None:
        raise ParameterInvalid(value.name, "a value, or a system and a bar")
    return [{}] if system in REGISTRYS_OWN else [{"identifiers": ((system, None),)}]


def _telecom(value: Value) -> list[Delta | None]:
    system, code = _token(value.text)
    kind = system or ("email" if "@" in code else "phone")
    if kind not in {"email", "phone", "sms", "fax", "pager"} or not code:
        raise ParameterInvalid(value.name, "a phone number or a mail address", "not-supported")
    return [{"email" if kind == "email" else "phone": code}]


def _birthdate(value: Value) -> list[Delta | None]:
    try:
        return [{"birth": (birth_range(value.text),)}]
    except ValueError:
        expected = "a date: YYYY, YYYY-MM or YYYY-MM-DD, after eq, ge, gt, le or lt"
        raise ParameterInvalid(value.name, expected) from None


def _name(value: Value) -> list[Delta | None]:
    if value.exact:
        return [{"family": (value.term,)}, {"given": (value.term,)}]
    return [{"words": value.term.text}]


def _part_of_name(value: Value) -> list[Delta | None]:
    return [{value.name: (value.term,)}]


def _string(search_field: str) -> Reader:
    return lambda value: [{search_field: value.term}]


_STRINGS: Final[Mapping[str, Reader]] = {
    "name": _name,
    "family": _part_of_name,
    "given": _part_of_name,
    "address": _string("address"),
    "address-city": _string("city"),
    "address-country": _string("country"),
    "address-postalcode": _string("postal_code"),
    "address-state": _string("state"),
    "mothersMaidenName": _string("mothers_maiden_name"),
}
STRINGS: Final = frozenset(_STRINGS)
_READERS: Final[Mapping[str, Reader]] = {
    **_STRINGS,
    "_id": _id,
    "active": _active,
    "gender": _gender,
    "identifier": _identifier,
    "telecom": _telecom,
    "birthdate": _birthdate,
}
