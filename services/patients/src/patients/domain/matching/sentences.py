"""A comparison in words, for the person who decides. It holds no value, so it may be logged."""

from collections.abc import Sequence

from patients.domain.matching.vocabulary import FIELD, Level

_WORTH_SAYING_WHEN_MISSING = "identifier"


def sentence(levels: Sequence[tuple[str, str, Level]], *, crossed: bool) -> str:
    """From (field, outcome, level): what agrees, is close, differs, and whether an identifier helped."""
    agree = [FIELD[name].noun for name, _, level in levels if level is Level.AGREE]
    differ = [
        FIELD[name].noun for name, _, level in levels if level is Level.DISAGREE and name != "identifier"
    ]
    clauses = [f"{_listed(agree)} agree{'s' if len(agree) == 1 else ''}"] if agree else []
    if crossed:
        clauses.append("family and given name are exchanged")
    clauses += [_phrase(name, outcome) for name, outcome, level in levels if level is Level.CLOSE]
    if differ:
        clauses.append(f"{_listed(differ)} differ{'s' if len(differ) == 1 else ''}")
    clauses += [
        _phrase(name, outcome)
        for name, outcome, level in levels
        if name == _WORTH_SAYING_WHEN_MISSING and level in (Level.DISAGREE, Level.MISSING)
    ]
    text = "; ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}."


def _phrase(field: str, outcome: str) -> str:
    return FIELD[field].outcomes[outcome].phrase


def _listed(nouns: Sequence[str]) -> str:
    return nouns[0] if len(nouns) == 1 else f"{', '.join(nouns[:-1])} and {nouns[-1]}"
