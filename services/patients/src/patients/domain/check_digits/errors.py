from typing import Literal

from openward_servicekit.errors import FieldError, Invalid

Problem = Literal["length", "format", "check-digit", "component"]

_EXPECTED: dict[Problem, str] = {
    "length": "has another length",
    "format": "has another form",
    "check-digit": "has a check digit that does not fit: a typing error",
    "component": "has a part, such as a date, that cannot be",
}


class CheckDigitWrong(Invalid):
    """A value that its rule does not allow; `problem` says which part of the rule."""

    slug = "check-digit-wrong"

    def __init__(self, rule: str, problem: Problem, pointer: str = "/identifiers") -> None:
        error = FieldError(problem, f"{_EXPECTED[problem]} (rule {rule})", pointer=pointer)
        super().__init__(f"An identifier breaks the rule {rule} of its system.", errors=(error,))
        self.rule = rule
        self.problem: Problem = problem


class CheckRuleUnknown(Invalid):
    slug = "check-rule-unknown"

    def __init__(self) -> None:
        super().__init__("There is no check rule of this name.")
