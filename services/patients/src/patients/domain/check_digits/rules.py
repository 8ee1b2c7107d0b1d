from collections.abc import Callable
from functools import cache
from importlib import import_module

from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidLength

from patients.domain.check_digits.catalogue import ALGORITHMS, MODULES, NATIONAL, OWN
from patients.domain.check_digits.errors import CheckDigitWrong, CheckRuleUnknown, Problem
from patients.domain.keys import identifier_key


def list_rules() -> dict[str, str]:
    """Title of each rule by its name, sorted."""
    titles = {**ALGORITHMS, **NATIONAL, **{name: title for name, (_, title) in OWN.items()}}
    return dict(sorted(titles.items()))


def check(rule: str, value: str) -> str:
    """The value as the rule writes it, mostly without blanks and hyphens.

    Raises CheckRuleUnknown, CheckDigitWrong.
    """
    try:
        compact = _validator(rule)(value)
    except (ValueError, LookupError) as error:
        raise CheckDigitWrong(rule, _problem(error)) from None  # an error of stdnum may hold the value
    if not compact.isascii():
        raise CheckDigitWrong(rule, "format")  # digits of another script, which int() reads
    return compact


def _problem(error: Exception) -> Problem:
    match error:
        case InvalidLength():
            return "length"
        case InvalidChecksum():
            return "check-digit"
        case InvalidComponent():
            return "component"
    return "format"


@cache
def _validator(rule: str) -> Callable[[str], str]:
    """Modules of stdnum are loaded when a rule is first used: there are many, and a registry uses a few."""
    if rule in OWN:
        return OWN[rule][0]
    if rule in NATIONAL:
        return _validate(MODULES.get(rule, rule))
    if rule not in ALGORITHMS:
        raise CheckRuleUnknown
    validate = _validate(rule)
    return lambda value: validate(identifier_key(value))


def _validate(module: str) -> Callable[[str], str]:
    validate: Callable[[str], str] = import_module(f"stdnum.{module}").validate
    return validate
