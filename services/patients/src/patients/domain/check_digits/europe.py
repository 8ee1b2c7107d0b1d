import re
from datetime import date

from stdnum.exceptions import InvalidComponent
from stdnum.gb import nhs
from stdnum.lv import pvn

from patients.domain.check_digits.dates import latest, written
from patients.domain.check_digits.digits import compact, require, weighted

_KVNR = re.compile(r"[A-Z][0-9]{9}", re.ASCII)
_IIN = re.compile(r"[0-9]{6}[0-6][0-9]{5}", re.ASCII)
_TEN = re.compile(r"[0-9]{10}", re.ASCII)
_ELEVEN = re.compile(r"[0-9]{11}", re.ASCII)

#: Numbers up to 001-001-998 were given out without a check.
_SNILS_UNCHECKED = "001001998"


def de_kvnr(value: str) -> str:
    """The letter as two digits, then Luhn-like with weights 1, 2. Source: § 290 SGB V, GKV-Spitzenverband."""
    number = compact(value, _KVNR, (10,))
    digits = f"{ord(number[0]) - ord('A') + 1:02d}{number[1:9]}"
    products = (int(digit) * (1 + index % 2) for index, digit in enumerate(digits))
    require(sum(product // 10 + product % 10 for product in products) % 10 == int(number[9]))
    return number


def gb_chi(value: str) -> str:
    """DDMMYY, three digits, the check digit of an NHS number. Source: Public Health Scotland, CHI number."""
    number = compact(value, _TEN, (10,))
    require(nhs.is_valid(number))
    if latest(number[:6], "dmy") is None:
        raise InvalidComponent
    return number


def kz_iin(value: str) -> str:
    """YYMMDD, century and sex, serial, check. Source: Government of Kazakhstan, resolution 565 of 2003."""
    number = compact(value, _IIN, (12,))
    check = weighted(number[:11], range(1, 12)) % 11
    if check == 10:
        check = weighted(number[:11], (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)) % 11
    require(check == int(number[11]))
    if iin_birth_date(number) is None and (number[6] != "0" or latest(number[:6], "ymd") is None):
        raise InvalidComponent
    return number


def iin_birth_date(number: str) -> date | None:
    """None of a foreigner's, whose century digit is 0."""
    century = int(number[6])
    return written(number[:6], "ymd", 1800 + (century - 1) // 2 * 100) if century else None


def lv_personas_kods(value: str) -> str:
    """DDMMYY-CNNNK or, since July 2017, 32NNNN-NNNNK, which says nothing. Source: python-stdnum, lv.pvn."""
    number = compact(value, _ELEVEN, (11,))
    if number[0] > "3":
        raise InvalidComponent  # a company's
    return pvn.validate(number)


def ru_snils(value: str) -> str:
    """Nine digits by weights 9 to 1, mod 101. Source: Pension Fund of Russia, resolution 192p of 2006."""
    number = compact(value, _ELEVEN, (11,))
    check = weighted(number[:9], range(9, 0, -1)) % 101 % 100
    require(check == int(number[9:]) or number[:9] <= _SNILS_UNCHECKED)
    return number
