"""The timeline: every entry that was recorded about a person, and what of it is asked for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from openward_contracts.identifiers import EhrId, EncounterId, PatientId, TemplateId, VersionUid
from openward_openehr.recorded.model import Entry

from clinical.domain.audits import Author
from clinical.domain.cursors import Place
from clinical.domain.span import Span


class Node(NamedTuple):
    """Where in entries of an archetype a value lies, by node ids (`Value.node` of the library)."""

    archetype_id: str
    path: str


@dataclass(frozen=True, slots=True)
class Sought:
    """What an entry must have to be shown: of each that is not empty one, of `words` all.

    `archetypes`: with a version, or without for all of its versions. `concepts`: `terminology::code`.
    `authors`: subjects of tokens. `object_ids`: of compositions. `words`: lower case.
    `as_of`: as it was known then; None: now.
    """

    archetypes: tuple[str, ...] = ()
    template_ids: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    nodes: tuple[Node, ...] = ()
    authors: tuple[str, ...] = ()
    encounters: tuple[EncounterId, ...] = ()
    object_ids: tuple[UUID, ...] = ()
    words: tuple[str, ...] = ()
    span: Span = field(default_factory=Span)
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An entry of the version of a composition, with what is said of that. `language`: of its names."""

    object_id: UUID
    version: int
    ehr_id: EhrId
    template_id: TemplateId | None
    composition: str | None
    category: str | None
    composer: str | None
    language: str | None
    at: datetime
    committed_at: datetime
    replaced_at: datetime | None
    entry: Entry

    @property
    def place(self) -> Place:
        return Place(self.at, self.object_id, self.entry.position)


@dataclass(frozen=True, slots=True)
class Item:
    """`author` is None for what was written past this service, `encounter_id` for what belongs to none."""

    version_uid: VersionUid
    row: Row
    author: Author | None
    encounter_id: EncounterId | None


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose entries a question is about, and of which templates; None: of none."""

    ehr_ids: Sequence[EhrId]
    patient_ids: Sequence[PatientId]
    templates: Collection[TemplateId | None]


class Timelines(Protocol):
    """What is recorded, as far as the projection was brought."""

    async def templates(self, ehr_ids: Sequence[EhrId], sought: Sought) -> Mapping[TemplateId | None, int]:
        """Those in use at that time, each with how many of its compositions could not be read."""

    async def page(self, reach: Reach, sought: Sought, after: Place | None, limit: int) -> Sequence[Row]:
        """The newest first, in one moment by object id and position."""

    async def count(self, reach: Reach, sought: Sought) -> int:
        """How many rows all pages have together."""
