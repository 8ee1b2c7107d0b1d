"""A template with all its versions, and the ways from one state to the next."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from openward_contracts.identifiers import TemplateId

from templates.domain.errors import TemplateExists, TemplateRetired, VersionNotFound, VersionTaken
from templates.domain.semantic_version import SemanticVersion
from templates.domain.template import CdrState, Template
from templates.domain.version import State, Version

#: Versions in these states are what their bytes are; of the others the same bytes may come again.
_TAKEN = frozenset({State.DRAFT, State.REGISTERING, State.PUBLISHED})


@dataclass(frozen=True)
class Record:
    """`versions` from the lowest to the highest; each change makes a record with a higher `revision`."""

    id: TemplateId
    uploads: int
    revision: int
    created_at: datetime
    updated_at: datetime
    cdr_state: CdrState = CdrState.NONE
    versions: tuple[Version, ...] = ()

    @classmethod
    def new(cls, template_id: TemplateId, at: datetime) -> Self:
        """Before its first upload."""
        return cls(template_id, uploads=0, revision=0, created_at=at, updated_at=at)

    @property
    def published(self) -> Version | None:
        """The highest version that is: what EHRbase is to hold."""
        return self._highest(State.PUBLISHED)

    @property
    def registering(self) -> Version | None:
        return self._highest(State.REGISTERING)

    def version(self, number: SemanticVersion) -> Version:
        """Raises VersionNotFound."""
        for version in self.versions:
            if version.number == number:
                return version
        raise VersionNotFound

    def of_bytes(self, sha256: str) -> Version | None:
        """The version that is these bytes; what is refused or retired is none."""
        return next((each for each in self.versions if each.sha256 == sha256 and each.state in _TAKEN), None)

    def has(self, number: SemanticVersion) -> bool:
        """A version that is refused gives its number free."""
        return any(each.number == number and each.state is not State.REFUSED for each in self.versions)

    def publishable(self, version: Version) -> None:
        """Raises what keeps a version that is not published from that."""
        if version.state is State.RETIRED:
            raise TemplateRetired
        if self.registering:
            raise TemplateExists("Another version of this template is being registered.")
        if self.published and version.number < self.published.number:
            raise VersionTaken(f"Version {self.published.number}, which is higher, is published.")

    def uploaded(self, version: Version) -> Self:
        """With a new version, in place of what was refused."""
        kept = [each for each in self.versions if each.state is not State.REFUSED]
        changed = self._changed([*kept, version], version.updated_at)
        return replace(changed, uploads=self.uploads + 1)

    def with_version(self, version: Version) -> Self:
        """As it is now."""
        others = [each for each in self.versions if each.number != version.number]
        return self._changed([*others, version], version.updated_at)

    def without(self, number: SemanticVersion, at: datetime) -> Self:
        return self._changed([each for each in self.versions if each.number != number], at)

    def with_cdr(self, cdr_state: CdrState, at: datetime | None = None) -> Self:
        """After a change of a version, or by itself `at` this time."""
        if at is None:
            return replace(self, cdr_state=cdr_state)
        return replace(self._changed(self.versions, at), cdr_state=cdr_state)

    @property
    def shown(self) -> Version | None:
        """The highest published version, else the one that is nearest to that; of equals the highest."""
        for state in (State.PUBLISHED, State.REGISTERING, State.DRAFT, State.REFUSED, State.RETIRED):
            if found := self._highest(state):
                return found
        return None

    @property
    def highest(self) -> Version:
        """What is shown of a template that has a version."""
        if (shown := self.shown) is None:
            raise VersionNotFound
        return shown

    def template(self, of: Version) -> Template:
        """As this version of it shows it."""
        return Template(
            id=self.id,
            version=of.number,
            uploads=self.uploads,
            revision=self.revision,
            sha256=of.sha256,
            size=of.size,
            state=of.state,
            concept=of.concept,
            archetype_id=of.archetype_id,
            uploaded_by=of.uploaded_by,
            created_at=self.created_at,
            updated_at=self.updated_at,
            published_at=of.published_at,
            refusal=of.refusal,
            cdr_state=self.cdr_state,
        )

    def _highest(self, state: State) -> Version | None:
        found = [version for version in self.versions if version.state is state]
        return found[-1] if found else None

    def _changed(self, versions: list[Version] | tuple[Version, ...], at: datetime) -> Self:
        ordered = tuple(sorted(versions, key=lambda version: version.number))
        return replace(self, versions=ordered, revision=self.revision + 1, updated_at=at)
