from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Literal

from patients.domain.check_digits.catalogue import MODULES

Sex = Literal["female", "male"]

#: python-stdnum reads it.
_ASKED = frozenset(
    (
        *("ba.jmbg", "be.bis", "be.nn", "be.ssn", "cu.ni", "ee.ik", "gr.amka", "it.codicefiscale", "me.jmbg"),
        *("mk.embg", "mx.curp", "no.fodselsnummer", "pk.cnic", "pl.pesel", "rs.jmbg", "se.personnummer"),
        *("si.emso", "za.idnr"),
    )
)

#: The place of a digit that is odd for men.
_ODD_IS_MALE: Mapping[str, int] = {
    "cn.ric": 16,
    "dk.cpr": 9,
    "fi.hetu": 9,
    "fr.nir": 0,
    "gb.chi": 8,
    "kr.rrn": 6,
    "my.nric": 11,
    "ua.rntrc": 8,
}


def sex_in(rule: str, number: str) -> Sex | None:
    if rule in _ODD_IS_MALE:
        return _odd_is_male(number[_ODD_IS_MALE[rule]])
    try:
        return _asked(rule, number) if rule in _ASKED else _OWN.get(rule, _unsaid)(number)
    except ValueError:
        return None  # numbers of other form under the same rule, such as Italy's provisional ones


def _asked(rule: str, number: str) -> Sex | None:
    letter = import_module(f"stdnum.{MODULES.get(rule, rule)}").get_gender(number)
    return "male" if letter == "M" else "female" if letter == "F" else None


def _odd_is_male(digit: str) -> Sex:
    return "male" if int(digit) % 2 else "female"


def _unsaid(_number: str) -> None:
    return None


def _first_digit(number: str) -> Sex | None:
    return None if number[0] in "09" else _odd_is_male(number[0])


def _rodne_cislo(number: str) -> Sex:
    return "female" if int(number[2:4]) > 50 else "male"


_OWN: Mapping[str, Callable[[str], Sex | None]] = {
    "bg.egn": lambda number: "female" if int(number[8]) % 2 else "male",
    "cz.rc": _rodne_cislo,
    "id.nik": lambda number: "female" if int(number[6:8]) > 40 else "male",
    "kz.iin": lambda number: None if number[6] == "0" else _odd_is_male(number[6]),
    "lt.asmens": _first_digit,
    "ro.cnp": _first_digit,
    "sk.rc": _rodne_cislo,
}
