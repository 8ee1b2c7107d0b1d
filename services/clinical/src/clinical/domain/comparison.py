"""Two versions of a composition beside each other: which are asked for, and what they say."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from openward_contracts.identifiers import TemplateId
from openward_openehr.recorded.difference import Change, changes
from openward_openehr.recorded.labels import Labels
from openward_openehr.recorded.model import Recorded
from openward_openehr.recorded.reading import read
from openward_servicekit.errors import FieldError, Malformed, NotFound

from clinical.domain.errors import CompositionUnreadable
from clinical.domain.listing import Listed


class VersionNotFound(NotFound):
    slug = "version-not-found"
    detail_of = "The composition has no such version."

    def __init__(self, path: str) -> None:
        super().__init__(self.detail_of, errors=(FieldError(self.slug, self.detail_of, path=path),))


class VersionMalformed(Malformed):
    slug = "version-malformed"
    expected = "A version is a number from 1, or a version uid of the composition."

    def __init__(self, path: str) -> None:
        super().__init__(self.expected, errors=(FieldError(self.slug, self.expected, path=path),))


class VersionsReversed(Malformed):
    slug = "versions-reversed"

    def __init__(self, path: str, start: str) -> None:
        problem = FieldError(self.slug, f"It is older than `{start}`.", path=path)
        super().__init__("The later version is asked for as the earlier one.", errors=(problem,))


@dataclass(frozen=True, slots=True)
class Pair:
    """Version numbers of a composition; None where nothing was said."""

    object_id: UUID
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`before`: None where `after` is the first version. `labels`: of the template, if that is known.

    `language`: of the composition.
    """

    before: Listed | None
    after: Listed
    template_id: TemplateId | None
    changes: Sequence[Change]
    labels: Labels | None
    language: str


def chosen(versions: Sequence[Listed], asked: Pair) -> tuple[Listed | None, Listed]:
    """Of what is not said the latest, and the one before. Raises VersionNotFound, VersionsReversed."""
    by_number = {each.row.version: each for each in versions}
    end = asked.end if asked.end is not None else max(by_number)
    if end not in by_number:
        raise VersionNotFound("to")
    if asked.start is None:
        return by_number.get(end - 1), by_number[end]
    if asked.start not in by_number:
        raise VersionNotFound("from")
    if asked.start > end:
        raise VersionsReversed("to", "from")
    return by_number[asked.start], by_number[end]


def compared(before: bytes | None, after: bytes | None) -> tuple[Sequence[Change], str]:
    """Of documents in canonical JSON, None for one that does not hold anything; and their language.

    Raises CompositionUnreadable.
    """
    old, new = (_read(each) if each is not None else None for each in (before, after))
    told = new or old
    return changes(old, new), told.language if told else ""


def _read(document: bytes) -> Recorded:
    try:
        return read(json.loads(document))
    except (ValueError, RecursionError) as error:
        # EHRbase may hold what was written past this service: nested too deeply for any reader of JSON.
        raise CompositionUnreadable("A version cannot be read.") from error
