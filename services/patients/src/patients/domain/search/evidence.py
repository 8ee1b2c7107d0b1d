"""Whether a record is what was searched for, and by what: the last word, whatever index led to it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from patients.domain.findable import Findable
from patients.domain.keys import family_keys, given_keys, one_edit, search_key
from patients.domain.patient import MRN_SYSTEM, Patient
from patients.domain.record import HumanName, NameUse
from patients.domain.search.asking import How, Reason, Term, Typos
from patients.domain.search.criteria import Beginning, Criteria
from patients.domain.search.names import SHORTEST_TYPO

_ORDER = {How.EXACT: 0, How.PREFIX: 1, How.RANGE: 1, How.TYPO: 2}
_NAMES = frozenset({"family", "given", "mothers_maiden_name"})
_FORMER = frozenset({NameUse.OLD, NameUse.MAIDEN})


class Unlike(Exception):  # noqa: N818  no error: how a comparison ends early
    """The record is not what was searched for."""


@dataclass(frozen=True)
class Evidence:
    """One record and what was searched for."""

    criteria: Criteria
    patient: Patient
    keys: Findable

    def reasons(self) -> tuple[Reason, ...] | None:
        """For everything that was asked, why it is so; None when something is not."""
        try:
            return tuple(dict.fromkeys(self._all()))
        except Unlike:
            return None

    def _all(self) -> Iterator[Reason]:
        search, record = self.criteria.search, self.patient.record
        if search.ids:
            yield _exactly("id", met=self.patient.id in search.ids)
        yield from self._identifiers()
        yield from self._names()
        yield from self._born()
        for kind, key in (("phone", self.criteria.phone), ("email", self.criteria.email)):
            if key:
                yield _exactly(kind, met=(kind, key) in self.keys.keys)
        for beginning in self.criteria.beginnings:
            yield self._begins(beginning)
        if search.mothers_maiden_name:
            yield self._maiden(search.mothers_maiden_name)
        if search.gender:
            yield _exactly("gender", met=record.gender == search.gender)

    def _identifiers(self) -> Iterator[Reason]:
        for wanted in self.criteria.identifiers:
            mrn = wanted.accepts(self.patient, _NO_KEYS)
            yield _exactly("mrn" if mrn else "identifier", met=mrn or wanted.accepts(self.patient, self.keys))
        held = {MRN_SYSTEM, *(system for system, _, _ in self.keys.identifiers)}
        for system in self.criteria.systems:
            yield _exactly("identifier", met=system in held)

    def _names(self) -> Iterator[Reason]:
        search = self.criteria.search
        for term in search.family:
            yield self._family(term)
        for term in search.given:
            yield from self._given(term)
        for word in self.criteria.names.words:
            yield _best([*self._compared("family", word), *self._compared("given", word)])

    def _family(self, term: Term) -> Reason:
        if term.exact:
            return _best(_written("family", self._called, lambda name: term.text == name.family))
        return _best(self._compared("family", search_key(term.text)))

    def _given(self, term: Term) -> Iterator[Reason]:
        if term.exact:
            yield _best(_written("given", self._called, lambda name: term.text in name.given))
            return
        for word in search_key(term.text).split():
            yield _best(self._compared("given", word))

    def _compared(self, field: str, word: str) -> Iterator[Reason]:
        typos = self.criteria.search.typos is not Typos.NO and len(word) >= SHORTEST_TYPO
        for key, former in self._words[field]:
            how = _how(word, key, typos=typos)
            if how is not None:
                yield Reason(field, how, former)

    @cached_property
    def _called(self) -> list[HumanName]:
        return list(self.patient.record.names)

    @cached_property
    def _words(self) -> dict[str, list[tuple[str, bool]]]:
        """Field -> its words, each with whether the name is a former one."""
        families = [(key, _is_former(name)) for name in self._called for key in family_keys(name.family)]
        givens = [(key, _is_former(name)) for name in self._called for key in given_keys(name.given)]
        return {"family": families, "given": givens}

    def _born(self) -> Iterator[Reason]:
        born = self.keys.birth_date
        for days in self.criteria.search.birth:
            if born is None or not days.first <= born <= days.last:
                raise Unlike
            yield Reason("birth_date", How.EXACT if days.one_day else How.RANGE)

    def _begins(self, beginning: Beginning) -> Reason:
        if beginning.exact is not None:
            return _exactly(beginning.field, met=beginning.exact in beginning.values(self.patient.record))
        found = [
            Reason(beginning.field, How.EXACT if key == match.key else How.PREFIX)
            for kind, match in beginning.keys
            for held, key in self.keys.keys
            if held == kind and match.accepts(key)
        ]
        return _best(found)

    def _maiden(self, term: Term) -> Reason:
        name = self.patient.record.mothers_maiden_name or ""
        if term.exact:
            return _exactly("mothers_maiden_name", met=name == term.text)
        how = _how(search_key(term.text), search_key(name), typos=False)
        return _best([Reason("mothers_maiden_name", how)] if how else [])


_NO_KEYS = Findable(frozenset(), None, frozenset(), frozenset())


def rank(reasons: Iterable[Reason]) -> int:
    """0 is best: how well the names match, then whether they are current ones."""
    names = [reason for reason in reasons if reason.field in _NAMES]
    worst = max((_ORDER[reason.how] for reason in names), default=0)
    return 2 * worst + any(reason.former for reason in names)


def _how(word: str, key: str, *, typos: bool) -> How | None:
    if key == word:
        return How.EXACT
    if key.startswith(word):
        return How.PREFIX
    return How.TYPO if typos and key and one_edit(word, key) else None


def _best(reasons: Iterable[Reason]) -> Reason:
    best = min(reasons, key=lambda reason: (_ORDER[reason.how], reason.former), default=None)
    if best is None:
        raise Unlike
    return best


def _exactly(field: str, *, met: bool) -> Reason:
    if not met:
        raise Unlike
    return Reason(field, How.EXACT)


def _written(field: str, names: Iterable[HumanName], is_it: Callable[[HumanName], bool]) -> list[Reason]:
    return [Reason(field, How.EXACT, _is_former(name)) for name in names if is_it(name)]


def _is_former(name: HumanName) -> bool:
    return name.use in _FORMER
