import re

from stdnum import luhn

from patients.domain.check_digits.digits import compact, require, weighted

#: I and O are not used: they look like digits.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_NHI = re.compile(r"[A-HJ-NP-Z]{3}(?:[0-9]{4}|[0-9]{2}[A-HJ-NP-Z]{2})", re.ASCII)
_MEDICARE = re.compile(r"[2-6][0-9]{8}[1-9][1-9]?", re.ASCII)
_IHI = re.compile(r"800360[0-9]{10}", re.ASCII)


def nz_nhi(value: str) -> str:
    """AAANNNC, mod 11, and AAANNAX, mod 23. Source: HISO 10046:2023, appendix A."""
    number = compact(value, _NHI, (7,))
    values = (_LETTERS.index(sign) + 1 if sign.isalpha() else int(sign) for sign in number[:6])
    total = sum(sign * weight for sign, weight in zip(values, range(7, 1, -1), strict=True))
    if number[6].isalpha():
        require(number[6] == _LETTERS[23 - total % 23 - 1])
    else:
        require(total % 11 != 0 and number[6] == str((11 - total % 11) % 10))
    return number


def au_medicare(value: str) -> str:
    """Eight digits, a check digit, the card's issue and, if given, the person on it.

    Source: Services Australia, Medicare card number; METeOR 270101.
    """
    number = compact(value, _MEDICARE, (10, 11))
    require(weighted(number[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(number[8]))
    return number


def au_ihi(value: str) -> str:
    """Sixteen digits by ISO/IEC 7812, checked by Luhn. Source: Healthcare Identifiers Service, 800360."""
    number = compact(value, _IHI, (16,))
    require(luhn.is_valid(number))
    return number
