"""Rules that identifiers follow: check digits, and what some of them say about the person.

A system of identifiers names its rule, `gb.nhs` for example; `list_rules` tells all.
"""

from patients.domain.check_digits.errors import CheckDigitWrong, CheckRuleUnknown
from patients.domain.check_digits.facts import Facts, contradictions, facts_in
from patients.domain.check_digits.rules import check, list_rules

__all__ = [
    "CheckDigitWrong",
    "CheckRuleUnknown",
    "Facts",
    "check",
    "contradictions",
    "facts_in",
    "list_rules",
]
