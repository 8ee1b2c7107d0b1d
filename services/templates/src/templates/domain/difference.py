"""What publishing one document in place of another means: for what is stored, and for the number it gets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from templates.domain.hardened_xml import same_document
from templates.domain.semantic_version import SemanticVersion


class Step(IntEnum):
    PATCH = 0
    MINOR = 1
    MAJOR = 2


@dataclass(frozen=True)
class Difference:
    """`breaking`: compositions of the old one may not be valid by the new. `told`: each change, as JSON."""

    step: Step
    breaking: bool
    told: Sequence[Mapping[str, Any]] = ()

    def after(self, version: SemanticVersion) -> SemanticVersion:
        """The lowest version that the new document may have."""
        if self.step is Step.MAJOR:
            return SemanticVersion(version.major + 1, 0, 0)
        if self.step is Step.MINOR:
            return SemanticVersion(version.major, version.minor + 1, 0)
        return version.next_patch()


_UNREADABLE = {"path": "/", "verdict": "breaking", "detail": "the two cannot be compared"}


def compare(old: bytes, new: bytes) -> Difference:
    """What cannot be compared is taken for breaking."""
    if same_document(old, new):
        return Difference(Step.PATCH, breaking=False)
    return Difference(Step.MAJOR, breaking=True, told=[_UNREADABLE])
