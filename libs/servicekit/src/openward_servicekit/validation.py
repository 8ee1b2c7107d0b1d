"""Pydantic's errors as field errors: where, which rule, what was expected. The input never comes through.

Pydantic's messages may quote the input ("found `x` at 1"); those are cut where the quotation begins.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from openward_servicekit.errors import FieldError, Invalid

# The parts of a message that come from the model; all others (`error`, `tag`, …) may quote the input.
_OF_THE_MODEL: Final = frozenset(
    {"expected", "expected_schemes", "expected_tags", "expected_version", "discriminator", "pattern"}
    | {"min_length", "max_length", "actual_length", "field_type", "class_name", "class"}
    | {"ge", "gt", "le", "lt", "multiple_of", "max_digits", "decimal_places", "whole_digits"}
)
_LONGEST_NAME: Final = 64


def invalid_body(error: ValidationError) -> Invalid:
    """What a route raises that reads its body itself."""
    return Invalid(errors=[field_error({**e, "loc": ("body", *e["loc"])}) for e in _bare(error)])


def field_errors(errors: Sequence[Any]) -> list[FieldError]:
    """From FastAPI's `RequestValidationError.errors()`."""
    return [field_error(error) for error in errors]


def field_error(error: Mapping[str, Any]) -> FieldError:
    """One error; the first element of its `loc` is where the field was sent: body, query, path, header."""
    source, *location = error["loc"] or ("body",)
    code = str(error["type"]).replace("_", "-")
    if source == "body":
        return FieldError(
            code, _expectation(error), pointer="".join(f"/{_escaped(part)}" for part in location)
        )
    return FieldError(code, _expectation(error), path=".".join(_escaped(part) for part in location))


def _bare(error: ValidationError) -> list[Mapping[str, Any]]:
    return [dict(e) for e in error.errors(include_input=False, include_url=False)]


def _escaped(part: object) -> str:
    """A member's name is the caller's own text: needed to find the place, but not at any length."""
    return str(part)[:_LONGEST_NAME].replace("~", "~0").replace("/", "~1")


def _expectation(error: Mapping[str, Any]) -> str:
    message = str(error["msg"])
    quoted = [str(part) for name, part in error.get("ctx", {}).items() if name not in _OF_THE_MODEL]
    if not quoted:
        return message
    sentence = message[: max(0, min(message.find(part) for part in quoted))].rstrip(" ,:'")
    return sentence if sentence.startswith("Input should") else "Not valid"
