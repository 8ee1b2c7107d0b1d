from collections.abc import Callable, Mapping
from datetime import date, timedelta
from importlib import import_module

from patients.domain.check_digits.catalogue import MODULES
from patients.domain.check_digits.dates import latest, written
from patients.domain.check_digits.europe import iin_birth_date

#: python-stdnum knows the century.
_DATED = frozenset(
    (
        *("ba.jmbg", "be.bis", "be.nn", "be.ssn", "bg.egn", "cn.ric", "cu.ni", "cz.rc", "dk.cpr", "ee.ik"),
        *("kr.rrn", "me.jmbg", "mk.embg", "mx.curp", "no.fodselsnummer", "pl.pesel", "rs.jmbg"),
        *("se.personnummer", "si.emso", "sk.rc"),
    )
)

#: python-stdnum reads two digits of the year.
_SHORT = frozenset({"gr.amka", "id.nik", "it.codicefiscale", "za.idnr"})

_HETU_CENTURIES = {"+": 1800, **dict.fromkeys("-YXWVU", 1900), **dict.fromkeys("ABCDEF", 2000)}
_CNP_CENTURIES = {"1": 1900, "2": 1900, "3": 1800, "4": 1800, "5": 2000, "6": 2000}
_KENNITALA_CENTURIES = {"8": 1800, "9": 1900, "0": 2000}


def birth_date_in(rule: str, number: str) -> date | None:
    """None as well of numbers that have no date by design, such as Norway's FH numbers."""
    try:
        if rule in _DATED:
            return _asked(rule, number)
        if rule in _SHORT:
            return latest(f"{_asked(rule, number):%y%m%d}", "ymd")
        return _OWN[rule](number) if rule in _OWN else None
    except ValueError:
        return None


def century_is_guessed(rule: str, value: str) -> bool:
    if rule == "se.personnummer":
        return sum(map(str.isdigit, value)) == 10
    return rule in _SHORT or rule == "gb.chi"


def _asked(rule: str, number: str) -> date | None:
    born: date | None = import_module(f"stdnum.{MODULES.get(rule, rule)}").get_birth_date(number)
    return born


def _asmens(number: str) -> date | None:
    return None if number[0] == "9" else _asked("ee.ik", number)  # 9: given out without a date


def _cnp(number: str) -> date | None:
    century = _CNP_CENTURIES.get(number[0])  # residents' and foreigners' do not tell
    return written(number[1:7], "ymd", century) if century else None


def _kennitala(number: str) -> date | None:
    return written(number[:6], "dmy", _KENNITALA_CENTURIES[number[9]]) if number[0] < "4" else None


def _personas_kods(number: str) -> date | None:
    if number[:2] == "32":  # since July 2017, without a date
        return None
    return written(number[:6], "dmy", 1800 + 100 * int(number[6]))


_OWN: Mapping[str, Callable[[str], date | None]] = {
    "fi.hetu": lambda number: written(number[:6], "dmy", _HETU_CENTURIES[number[6]]),
    "gb.chi": lambda number: latest(number[:6], "dmy"),
    "is.kennitala": _kennitala,
    "kz.iin": iin_birth_date,
    "lt.asmens": _asmens,
    "lv.personas_kods": _personas_kods,
    "ro.cnp": _cnp,
    "ua.rntrc": lambda number: date(1899, 12, 31) + timedelta(days=int(number[:5])),
}
