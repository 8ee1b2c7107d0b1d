"""The names of a search: which words, of which part of a name, and in which lists to look for them.

A name is looked for with two of its words at most, one as the family and one as a given name: a pair is rare
enough to be found at once. The others are compared with what was found.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from patients.domain.errors import SearchTooShort
from patients.domain.keys import search_key
from patients.domain.search.asking import Search
from patients.domain.search.match import Begins, Exactly, Match, OneOf
from patients.domain.search.places import Named

#: A word of fewer letters is one letter away from too many others.
SHORTEST_TYPO = 3
#: Words that stand for all words of a search; the others are compared only.
_LEADING = 3
#: Ways to read the words; of more of them the exact names are not looked for first.
_FEW = 3

Pair = tuple[str, str]
"""A family key and a given key, either of them empty."""
Known = Mapping[tuple[str, str], tuple[str, ...]]
"""Kind (family or given) and word -> the dictionary's words one letter off."""


@dataclass(frozen=True, slots=True)
class Names:
    """Keys of what was asked for; `words` may be of either kind."""

    family: tuple[str, ...]
    given: tuple[str, ...]
    words: tuple[str, ...]
    exact: frozenset[str]

    @classmethod
    def of(cls, search: Search) -> "Names":
        """Raises SearchTooShort for a term without a letter or digit."""
        texts = [*(term.text for term in search.family + search.given), *filter(None, [search.words])]
        if not all(map(search_key, texts)):
            raise SearchTooShort
        given = chain.from_iterable(search_key(term.text).split() for term in search.given)
        return cls(
            tuple(search_key(term.text) for term in search.family),
            tuple(given),
            tuple(search_key(search.words).split()),
            _exact_keys(search),
        )

    def letters(self) -> int:
        return sum(map(len, self.family + self.given + self.words))

    def strict(self) -> list[Named]:
        """Lists of those who have the words as they are, and then as beginnings."""
        if not self.words and 0 in {len(self.family), len(self.given)} and len(self.family + self.given) > 1:
            return list(self._twice())
        pairs = list(self._pairs())
        if len(pairs) > _FEW:
            return [*map(_beginning, pairs)]
        places = [*map(_exact, pairs), *(place for pair in pairs for place in _longer(pair))]
        return [place for place in places if not self._is_vain(place)]

    def _is_vain(self, place: Named) -> bool:
        """It finds only what is longer than what must be exact."""
        matches = (place.family, place.given)
        return any(isinstance(m, Begins) and m.longer and m.key in self.exact for m in matches)

    def unknown(self) -> list[tuple[str, str]]:
        """Kind and word of what a typo may be in."""
        pairs = list(self._pairs())
        kinds = {("family", family) for family, _ in pairs} | {("given", given) for _, given in pairs}
        return sorted((kind, word) for kind, word in kinds if len(word) >= SHORTEST_TYPO)

    def typos(self, known: Known) -> list[Named]:
        """Lists of those who have a word one letter off; in the same order whatever the dictionary knows."""
        return [place for pair in self._pairs() for place in _misspelt(pair, known)]

    def _pairs(self) -> Iterable[Pair]:
        family, given = _longest(self.family), _longest(self.given)
        if family or given:
            return self._told(family, given)
        return dict.fromkeys(_assigned(self.words))

    def _told(self, family: str, given: str) -> Iterable[Pair]:
        if family and (given or not self.words):
            return [(family, given)]
        if family:
            return [(family, _longest(self.words))]
        if not self.words:
            return [("", given)]
        return dict.fromkeys((each, given) for each in (" ".join(self.words), *_leading(self.words)))

    def twice(self) -> list[Named]:
        """Lists of those with two of the words in the same kind of name: dear to read, and seldom meant."""
        return list(self._twice()) if self.words else []

    def _twice(self) -> Iterable[Named]:
        if not self.family and len(self.given + self.words) > 1:
            one, other = _leading(self.given + self.words)[:2]
            yield Named(None, Begins(one), by="given", both=Begins(other))
        if not self.given and len(self.family + self.words) > 1:
            one, other = _leading(self.family + self.words)[:2]
            yield Named(Begins(one), None, both=Begins(other))


def _exact_keys(search: Search) -> frozenset[str]:
    families = {search_key(term.text) for term in search.family if term.exact}
    return frozenset(families.union(*(search_key(term.text).split() for term in search.given if term.exact)))


def _assigned(words: Sequence[str]) -> Iterable[Pair]:
    """Ways to read words as a family and a given name: one is the family, or all before or after a gap."""
    if len(words) == 1:
        return [(words[0], ""), ("", words[0])]
    splits = [(words[:gap], words[gap:]) for gap in range(1, len(words))]
    pairs = [(" ".join(after), _longest(before)) for before, after in splits]
    pairs += [(" ".join(before), _longest(after)) for before, after in splits]
    pairs += [(word, _longest(_without(words, word))) for word in _leading(words)]
    return [*pairs, (" ".join(words), "")]


def _exact(pair: Pair) -> Named:
    family, given = (Exactly(key) if key else None for key in pair)
    return Named(family, given, by="family" if family else "given")


def _beginning(pair: Pair) -> Named:
    family, given = (Begins(key) if key else None for key in pair)
    return Named(family, given, by=_rarer(*pair))


def _longer(pair: Pair) -> Iterable[Named]:
    family, given = pair
    if not family:
        yield Named(None, Begins(given, longer=True), by="given")
    elif not given:
        yield Named(Begins(family, longer=True), None)
    else:
        yield Named(Exactly(family), Begins(given, longer=True))
        yield Named(Begins(family, longer=True), Begins(given), by=_rarer(family, given))


def _misspelt(pair: Pair, known: Known) -> Iterable[Named]:
    family, given = pair
    families = OneOf(known.get(("family", family), ()))
    givens = OneOf(known.get(("given", given), ()))
    if not family:
        yield Named(None, givens, by="given")
    elif not given:
        yield Named(families, None)
    else:
        yield from _either(families, givens, Begins(family), Begins(given))


def _either(families: OneOf, givens: OneOf, family: Match, given: Match) -> Iterable[Named]:
    yield Named(families, given)
    yield Named(family, givens, by="given")
    yield Named(families, givens)


def _rarer(family: str, given: str) -> Literal["family", "given"]:
    return "family" if len(family) >= len(given) else "given"


def _longest(words: Sequence[str]) -> str:
    return max(words, key=len, default="")


def _leading(words: Sequence[str]) -> list[str]:
    return sorted(words, key=len, reverse=True)[:_LEADING]


def _without(words: Sequence[str], word: str) -> list[str]:
    rest = list(words)
    rest.remove(word)
    return rest
