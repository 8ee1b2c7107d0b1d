"""What may change between two versions of a template, and whom it breaks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Verdict = Literal["breaking", "safe-for-writers", "safe-for-readers", "safe"]
Value = str | int | float | bool | None

#: What neither old writers nor old readers get along with.
_BREAKING: Final = (
    "template-id-changed",
    "node-renamed",
    "node-moved",
    "required-node-added",
    "required-node-removed",
    "type-changed",
    "path-changed",
    "dependency-changed",
    "input-type-changed",
    "range-changed",
    "precision-changed",
    "pattern-changed",
    "terminology-changed",
    "ordinal-changed",
    "transition-changed",
)
#: What allows more than before.
_WIDER: Final = (
    "node-added",
    "occurrences-widened",
    "required-removed",
    "cardinality-widened",
    "proportion-types-added",
    "input-added",
    "units-added",
    "codes-added",
    "list-opened",
    "range-widened",
    "precision-widened",
    "pattern-removed",
    "language-removed",
)
#: What allows less than before.
_NARROWER: Final = (
    "node-removed",
    "occurrences-narrowed",
    "required-added",
    "cardinality-narrowed",
    "proportion-types-removed",
    "input-removed",
    "units-removed",
    "codes-removed",
    "list-closed",
    "range-narrowed",
    "precision-narrowed",
    "pattern-added",
)
#: What changes no data.
_SAFE: Final = (
    "label-changed",
    "description-changed",
    "code-label-changed",
    "annotation-changed",
    "binding-changed",
    "default-changed",
    "context-changed",
    "language-added",
    "default-language-changed",
)

VERDICTS: Final[Mapping[str, Verdict]] = {
    **dict.fromkeys(_BREAKING, "breaking"),
    **dict.fromkeys(_WIDER, "safe-for-writers"),
    **dict.fromkeys(_NARROWER, "safe-for-readers"),
    **dict.fromkeys(_SAFE, "safe"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """Paths are those in the new version, of what is no longer there those in the old one.

    `flat_path` is without indices, with `|suffix` where it is about one input of the node. `before`, `after`
    are what changed, where it is one value: a bound, an id, a code, a text. `about` is the unit, the code,
    the key of the annotation that it is about, `language` that of a text.
    """

    kind: str
    flat_path: str
    aql_path: str
    before: Value = None
    after: Value = None
    about: str | None = None
    language: str | None = None

    @property
    def verdict(self) -> Verdict:
        return VERDICTS[self.kind]
