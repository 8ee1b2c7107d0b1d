"""What is wrong in a composition, said without a value of it: values are of a patient."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Format(StrEnum):
    """How the composition is written: `path` of a problem is a FLAT path, else a JSON Pointer (RFC 6901)."""

    FLAT = "FLAT"
    STRUCTURED = "STRUCTURED"
    CANONICAL = "CANONICAL"


class Rule(StrEnum):
    """What was broken; the slugs are stable."""

    UNKNOWN_PATH = "unknown-path"
    UNREACHABLE_PATH = "unreachable-path"
    MALFORMED_PATH = "malformed-path"
    MISSING_REQUIRED = "missing-required"
    MISSING_SUFFIX = "missing-suffix"
    TOO_MANY = "too-many"
    WRONG_TYPE = "wrong-type"
    WRONG_FORMAT = "wrong-format"
    OUT_OF_RANGE = "out-of-range"
    UNKNOWN_UNIT = "unknown-unit"
    UNKNOWN_CODE = "unknown-code"
    WRONG_TERMINOLOGY = "wrong-terminology"
    WRONG_RUBRIC = "wrong-rubric"
    PRECISION = "precision"
    PATTERN = "pattern"
    CARDINALITY = "cardinality"
    CHOICE = "choice"
    INCONSISTENT = "inconsistent"
    NOT_IN_TEMPLATE = "not-in-template"
    WRONG_TEMPLATE = "wrong-template"


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` in the caller's own format; `aql_path`, `label` and `labels` (by language) of the node, if any.

    `expected`: what would be right, by `type`, `range`, `units`, `codes`, `occurrences`, `pattern`, … .
    `found`: the kind of JSON value that is there (`string`, `integer`, …), None where nothing is.
    `did_you_mean`: paths of the template that are close to an unknown one, closest first.
    `tolerated`: EHRbase stores it all the same, though it breaks the template or loses a part.
    """

    rule: Rule
    path: str
    aql_path: str = ""
    label: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, Any] = field(default_factory=dict)
    found: str | None = None
    did_you_mean: tuple[str, ...] = ()
    tolerated: bool = False


def kind_of(value: object) -> str:
    """The JSON type of a value, with `integer` for whole numbers."""
    if value is None:
        return "null"
    return next((name for of, name in _KINDS if isinstance(value, of)), "unknown")


_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)
