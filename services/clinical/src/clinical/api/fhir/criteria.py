"""FHIR search parameters, read: what is understood, and what is not (R4 search.html).

A comma is OR, a repeated parameter AND; modifiers and chains are refused.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from openward_contracts.fhir_view import Parameter
from openward_servicekit.fhir.searching import Pairs, ParameterInvalid, ParameterUnknown, only_counts

from clinical.domain.bounds import Bound
from clinical.domain.fhir.asking import Token
from clinical.domain.fhir.dates import bounds

T = TypeVar("T", bound=UUID)

RESULT: Final = frozenset({"_count", "_cursor", "_format", "_pretty", "_sort"})
_MOST: Final = 50
#: A backslash escapes what follows it (R4 search.html#escaping).
_ALTERNATIVE: Final = re.compile(r"(?:[^\\,]|\\.)+", re.DOTALL)
_TOKEN: Final = re.compile(r"((?:[^\\|]|\\.)*)\|(.*)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([\\,|$])")


@dataclass(frozen=True)
class Criteria:
    """`values`: of each parameter its repetitions, of each its alternatives. `used`: as it was sent."""

    values: Mapping[str, Sequence[Sequence[str]]]
    used: Pairs
    given: Mapping[str, str]

    def tokens(self, name: str) -> Sequence[Sequence[Token]]:
        return [[_token(text) for text in alternatives] for alternatives in self.values.get(name, ())]

    def dates(self, name: str) -> Sequence[Bound]:
        """Raises ParameterInvalid."""
        found: list[Bound] = []
        for alternatives in self.values.get(name, ()):
            if len(alternatives) > 1:
                raise ParameterInvalid(name, "one date each time", "not-supported")
            try:
                found += bounds(alternatives[0])
            except ValueError:
                expected = "a date or time after eq, ge, gt, le, lt, sa or eb"
                raise ParameterInvalid(name, expected) from None
        return found

    def ids(self, name: str, kind: Callable[[str], T | None]) -> frozenset[T] | None:
        """Those that every repetition names; what names nothing is none of them. None: not asked."""
        sets = [frozenset(filter(None, map(kind, each))) for each in self.values.get(name, ())]
        return frozenset.intersection(*sets) if sets else None


def criteria(pairs: Pairs, parameters: Sequence[Parameter], *, strict: bool) -> Criteria:
    """Raises ParameterInvalid; ParameterUnknown if `strict`."""
    known = {name for name, _, _ in parameters}
    values: dict[str, list[list[str]]] = {}
    used, unknown = [], []
    for name, value in pairs:
        plain = re.split(r"[:.]", name, maxsplit=1)[0]
        if name in RESULT or only_counts((name, value)) or not value.strip():
            continue
        if plain not in known:
            unknown.append(name)
            continue
        if plain != name:
            raise ParameterInvalid(name[:64], "no modifiers and no chains", "not-supported")
        values.setdefault(name, []).append(_alternatives(name, value))
        used.append((name, value))
    if strict and unknown:
        raise ParameterUnknown(unknown)
    given = dict(pairs)
    _check_order(given.get("_sort"))
    return Criteria(values, used, given)


def _check_order(text: str | None) -> None:
    """The newest first: there is no other order."""
    if text and text != "-date":
        raise ParameterInvalid("_sort", "-date, as it is without it", "not-supported")


def _alternatives(name: str, value: str) -> list[str]:
    found = [part for part in _ALTERNATIVE.findall(value) if part.strip()]
    if not found or len(found) > _MOST:
        raise ParameterInvalid(name, f"1 to {_MOST} values", "too-costly")
    return found


def _token(text: str) -> Token:
    match = _TOKEN.fullmatch(text)
    return Token(_plain(match[1]), _plain(match[2])) if match else Token(None, _plain(text))


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def referenced(kind: str, base: str, make: Callable[[str], T]) -> Callable[[str], T | None]:
    """Reads `<kind>/<id>`, an id alone, or an absolute URL of ours; None for what names nothing here."""

    def read(text: str) -> T | None:
        try:
            return make(text.removeprefix(f"{base}/").removeprefix(f"{kind}/"))
        except ValueError:
            return None

    return read
