"""What came of one template of the test data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Step(StrEnum):
    """What is tried with each template, in this order; the names are the columns of the page."""

    UPLOAD = "upload"
    WEB_TEMPLATE = "web template"
    SCHEMA = "schema"
    MINIMAL = "minimal"
    FULL = "full"
    READ_BACK = "read back"
    PYTHON = "Python"
    TYPESCRIPT = "TypeScript"


@dataclass
class Row:
    """`done`: by step why it did not pass, empty if it did; what is not there could not be tried.

    `findings`: how many of each severity the upload has told of.
    """

    name: str
    template_id: str = ""
    version: str = ""
    findings: Mapping[str, int] = field(default_factory=dict)
    done: dict[Step, str] = field(default_factory=dict)

    def passed(self, *steps: Step) -> bool:
        return all(self.done.get(step) == "" for step in steps)
