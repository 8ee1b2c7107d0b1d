"""What a number says about the person, to be held against the record: a wrong number or a wrong record."""

from datetime import date
from typing import Literal, NamedTuple

from patients.domain.check_digits.birth_dates import birth_date_in, century_is_guessed
from patients.domain.check_digits.rules import check
from patients.domain.check_digits.sexes import Sex, sex_in

Field = Literal["birth_date", "gender"]


class Facts(NamedTuple):
    """`gender` as it was when the number was given out, in FHIR's words."""

    birth_date: date | None
    gender: Sex | None


def facts_in(rule: str, value: str) -> Facts:
    """Birth date and sex as far as numbers of this rule say them.

    Of two digits of a year the latest is taken. Raises CheckRuleUnknown, CheckDigitWrong.
    """
    number = check(rule, value)
    return Facts(birth_date_in(rule, number), sex_in(rule, number))


def contradictions(rule: str, value: str, birth_date: date | None, gender: str | None) -> tuple[Field, ...]:
    """Fields of a record that the number speaks against; a guessed century is held against nobody.

    Raises as facts_in.
    """
    facts = facts_in(rule, value)
    wrong: list[Field] = []
    if facts.birth_date and birth_date:
        form = "%y%m%d" if century_is_guessed(rule, value) else "%Y%m%d"
        if facts.birth_date.strftime(form) != birth_date.strftime(form):
            wrong.append("birth_date")
    if facts.gender and gender in ("female", "male") and gender != facts.gender:
        wrong.append("gender")
    return tuple(wrong)
