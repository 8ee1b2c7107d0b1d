"""Medical record numbers that the registry gives out: a sequence and a Damm check digit.

Damm finds every single wrong digit and every transposition of neighbours.
H. M. Damm, "Total anti-symmetrische Quasigruppen", Marburg 2004.
"""

import re

from stdnum import damm

#: Shorter numbers get zeros in front; longer ones simply grow.
DIGITS = 8

_FORM = re.compile(rf"[0-9]{{{DIGITS + 1},}}", re.ASCII)


def mrn(number: int) -> str:
    """`number` of a sequence, at least 0, as eight digits or more and the check digit. Raises ValueError."""
    if number < 0:
        raise ValueError("a sequence does not go below zero")
    digits = f"{number:0{DIGITS}d}"
    return digits + damm.calc_check_digit(digits)


def is_mrn(text: str) -> bool:
    """Whether the digits fit; not whether it was given out."""
    return bool(_FORM.fullmatch(text)) and damm.is_valid(text) and (len(text) == DIGITS + 1 or text[0] != "0")
