import re

from stdnum import luhn

from patients.domain.check_digits.digits import compact, require, weighted

_CNS = re.compile(r"[12][0-9]{10}(?:000[0-9]|0018)|[789][0-9]{14}", re.ASCII)
_HCN = re.compile(r"[1-9][0-9]{9}", re.ASCII)


def br_cns(value: str) -> str:
    """Definite (1, 2) and provisional (7, 8, 9) numbers, mod 11.

    A definite one is eleven digits of the PIS, 000 and the check digit, or 0018 where that would be 10.
    Source: Ministério da Saúde, e-SUS APS, "Validar CNS".
    """
    number = compact(value, _CNS, (15,))
    require(weighted(number, range(15, 0, -1)) % 11 == 0)
    return number


def ca_on_hcn(value: str) -> str:
    """Ten digits, checked by Luhn. Source: Ontario, Health Card Validation Reference Manual, "MOD 10"."""
    number = compact(value, _HCN, (10,))
    require(luhn.is_valid(number))
    return number
