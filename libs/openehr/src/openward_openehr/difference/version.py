"""The semantic version that follows from changes. Source: Semantic Versioning 2.0.0."""

import re
from collections.abc import Iterable
from typing import Final

from openward_openehr.difference.change import Change

_VERSION: Final = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)


class VersionMalformed(ValueError):  # noqa: N818  errors are named <Noun><Problem>
    """Not of the form 1.2.3."""


def next_version(previous: str, changes: Iterable[Change]) -> str:
    """Major where writers break, minor where more is allowed, patch where only texts change or nothing does.

    Raises VersionMalformed.
    """
    if not (found := _VERSION.fullmatch(previous)):
        raise VersionMalformed("a version is three numbers with points between")
    major, minor, patch = (int(each) for each in found.groups())
    verdicts = {change.verdict for change in changes}
    if verdicts & {"breaking", "safe-for-readers"}:
        return f"{major + 1}.0.0"
    if "safe-for-writers" in verdicts:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"
