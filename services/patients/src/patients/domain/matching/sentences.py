"""A comparison in words, for the person who decides. It holds no value, so it may be logged."""

from collections.abc import Sequence

from patients.domain.matching.vocabulary import ADDRESS, FIELD, Level

#: Worth a clause of its own when there is none in common.
_IDENTIFIER = "identifier"


def sentence(levels: Sequence[tuple[str, str, Level]], *, crossed: bool) -> str:
    """From (field, outcome, level): what agrees, is close, differs, and whether an identifier helped."""
    agree = _nouns(levels, Level.AGREE)
    differ = _nouns([one for one in levels if one[0] != _IDENTIFIER], Level.DISAGREE)
    clauses = [f"{_listed(agree)} agree{'s' if len(agree) == 1 else ''}"] if agree else []
    if crossed:
        clauses.append("family and given name are exchanged")
    clauses += [_phrase(name, outcome) for name, outcome, level in levels if level is Level.CLOSE]
    if differ:
        clauses.append(f"{_listed(differ)} differ{'s' if len(differ) == 1 else ''}")
    clauses += [
        _phrase(name, outcome)
        for name, outcome, level in levels
        if name == _IDENTIFIER and level in (Level.DISAGREE, Level.MISSING)
    ]
    text = "; ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}."


def _nouns(levels: Sequence[tuple[str, str, Level]], wanted: Level) -> list[str]:
    """Of the fields on this level; an address of which all that is known is on it is one noun."""
    names = [name for name, _, level in levels if level is wanted]
    places = [name for name, _, level in levels if name in ADDRESS and level is not Level.MISSING]
    if len(places) > 1 and set(places) <= set(names):
        names = ["address" if name == places[0] else name for name in names if name not in places[1:]]
    return [FIELD[name].noun if name in FIELD else name for name in names]


def _phrase(field: str, outcome: str) -> str:
    return FIELD[field].outcomes[outcome].phrase


def _listed(nouns: Sequence[str]) -> str:
    return nouns[0] if len(nouns) == 1 else f"{', '.join(nouns[:-1])} and {nouns[-1]}"
