"""What publishing one document in place of another means: for what is stored, and for the number it gets."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from openward_openehr.difference import Change, difference, next_version

from templates.domain.compiled import compile_source
from templates.domain.errors import TemplateNotCompiled
from templates.domain.hardened_xml import same_document
from templates.domain.semantic_version import SemanticVersion

#: Whoever knew the old version only may go on writing by it, so what was written before is valid still.
_KEEPS_WHAT_IS_STORED: Final = frozenset({"safe", "safe-for-writers"})
_TOLD: Final = 1000


@dataclass(frozen=True)
class Difference:
    """`changes` is None if the two cannot be compared, which is taken for breaking."""

    changes: Sequence[Change] | None

    @property
    def breaking(self) -> bool:
        """Compositions of the old one may not be valid by the new one."""
        return self.changes is None or bool(self._breaking)

    def after(self, version: SemanticVersion) -> SemanticVersion:
        """The lowest version that the new document may have."""
        if self.changes is None:
            return SemanticVersion(version.major + 1, 0, 0)
        return SemanticVersion.parse(next_version(str(version), self.changes))

    @property
    def told(self) -> Sequence[Mapping[str, Any]]:
        """The changes that break, as JSON; without texts of the template."""
        return [_told(change) for change in self._breaking[:_TOLD]]

    @property
    def _breaking(self) -> Sequence[Change]:
        return [each for each in self.changes or () if each.verdict not in _KEEPS_WHAT_IS_STORED]


def compare(old: bytes, new: bytes) -> Difference:
    if same_document(old, new):
        return Difference([])
    try:
        return Difference(difference(compile_source(old).web_template, compile_source(new).web_template))
    except TemplateNotCompiled:
        return Difference(None)


def _told(change: Change) -> Mapping[str, Any]:
    values = {name: value for name, value in asdict(change).items() if value is not None}
    return values | {"verdict": change.verdict}
