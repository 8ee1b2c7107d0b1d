"""What the simplified formats must be whatever the template; EHRbase answers some of it with 500.

In FLAT every name is a path; in STRUCTURED the outermost names are the first parts of paths.
"""

from typing import Any, Final

from openward_openehr.validation import Rule
from openward_servicekit.json_outline import Wanted

from clinical.domain.errors import CompositionUnreadable
from clinical.domain.objection import Objection, Place

UID: Final = "/_uid"
ONE_ROOT: Final = "All paths must begin with the template's one root node."
_NUMBERS = ("|magnitude", "|numerator", "|denominator")
#: More are not told.
_MOST_PROBLEMS: Final = 100


class Paths:
    """The outermost names, seen one after the other. `values`: each is a path to a single value (FLAT)."""

    def __init__(self, *, values: bool) -> None:
        self.root = ""
        self.problems: list[Objection] = []
        self._values = values

    def see(self, path: str, value: object) -> None:
        """Raises CompositionUnreadable: a second root."""
        if not _is_context(path):
            root = path.split("/", maxsplit=1)[0].split("|", maxsplit=1)[0] if self._values else path
            if self.root not in ("", root):
                raise CompositionUnreadable(ONE_ROOT)
            self.root = root
        if self._values and (problem := _problem(path, value)) and len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)


class _Flat:
    def get(self, name: str | None, /) -> Wanted | None:
        return {} if name and name.endswith(UID) and not _is_context(name) else None


class _Structured:
    def get(self, name: str | None, /) -> Wanted | None:
        return None if name is None or _is_context(name) else {"_uid": {}}


#: What of each format is used: that of the one root node, since a second one ends the reading.
FLAT: Final[Wanted] = _Flat()
STRUCTURED: Final[Wanted] = _Structured()


def _is_context(path: str) -> bool:
    return path == "ctx" or path.startswith("ctx/")


def _problem(path: str, value: Any) -> Objection | None:
    if isinstance(value, dict | list):
        return Objection(Rule.WRONG_TYPE, Place.FLAT, path)
    if path.endswith(_NUMBERS) and (isinstance(value, bool) or not isinstance(value, int | float)):
        return Objection(Rule.WRONG_TYPE, Place.FLAT, path, {"type": "number"})
    return None
