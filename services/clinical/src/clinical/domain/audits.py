"""Audits in EHRbase's answers: found where they stand, and told with the real author of their versions.

EHRbase names its one login as the committer of what did not come in a contribution, and has no place for the
role, the purpose and on whose behalf. What a document says otherwise stays as it is, byte for byte.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, AnyStr, Final, Protocol

from openward_contracts.actor import Actor

from clinical.domain.stated import CHANGE_TYPES, LIFECYCLE_STATES, Stated

#: The identity provider's subjects in PARTY_REF; `openward` alone are the registry's patients.
IDENTITY: Final = "openward.identity"
_ISSUER: Final = "openward"
EHR_STATUS: Final = "EHR_STATUS"

#: What EHRbase says of every version of that kind, and what a client may say more exactly.
_REFINED: Final = {
    "change_type": ("251", ("250", "252"), CHANGE_TYPES),
    "lifecycle_state": ("532", ("553", "800", "801"), LIFECYCLE_STATES),
}

Span = tuple[int, int]


@dataclass(frozen=True)
class Author:
    """Of one version, as this service has it on record."""

    actor: Actor
    stated: Stated = field(default_factory=Stated)


class Authors(Protocol):
    async def of(self, versions: Collection[str]) -> Mapping[str, Author]:
        """Those of these versions that were, or may have been, written through this service."""


@dataclass
class Audit:
    """An AUDIT_DETAILS of these versions.

    `parts`: where its attributes lie, with their names; the version's `lifecycle_state` is one of them.
    `codes`: of those that are coded. `prefix`: of the names, in XML.
    """

    versions: list[str] = field(default_factory=list)
    parts: dict[str, Span] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    prefix: str = ""

    def author(self, authors: Mapping[str, Author]) -> Author | None:
        """The one author of all its versions."""
        found = [authors[uid] for uid in self.versions if uid in authors]
        same = len({author.actor for author in found}) == 1
        return found[0] if same and len(found) == len(self.versions) else None


@dataclass
class Shown:
    """What an answer shows of audits.

    `uid`: the version that it is; `times`: of its commits, ISO 8601; `statuses`: which of the versions that a
    contribution names are of an EHR_STATUS.
    """

    audits: list[Audit] = field(default_factory=list)
    uid: str | None = None
    times: list[str] = field(default_factory=list)
    statuses: set[str] = field(default_factory=set)

    @property
    def versions(self) -> set[str]:
        return {uid for audit in self.audits for uid in audit.versions}

    @property
    def modified(self) -> datetime | None:
        """The latest of the times, None if one says no offset from UTC."""
        try:
            times = [datetime.fromisoformat(time) for time in self.times]
        except ValueError:
            return None
        if not times or any(time.tzinfo is None for time in times):
            return None
        return max(times).astimezone(UTC)


def replaced(
    audits: Sequence[Audit], authors: Mapping[str, Author]
) -> Iterator[tuple[Span, Audit, str, dict[str, Any]]]:
    """What is to stand where, in which audit, under which name: attributes in canonical JSON.

    An empty span is a place for what is not there yet.
    """
    for audit in audits:
        if "committer" in audit.parts and (author := audit.author(authors)):
            for name, value in _attributes(audit, author):
                end = audit.parts.get("change_type", audit.parts["committer"])[1]
                yield audit.parts.get(name, (end, end)), audit, name, value


def spliced(source: AnyStr, edits: Sequence[tuple[Span, AnyStr]]) -> AnyStr:
    pieces: list[AnyStr] = []
    at = 0
    for (start, end), text in sorted(edits, key=lambda edit: edit[0]):
        pieces += [source[at:start], text]
        at = end
    pieces.append(source[at:])
    return source[:0].join(pieces)


def _attributes(audit: Audit, author: Author) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "committer", party(author.actor)
    stated = author.stated
    if stated.description:
        yield "description", {"_type": "DV_TEXT", "value": stated.description}
    for name, (usual, finer, rubrics) in _REFINED.items():
        code = getattr(stated, name)
        if code in finer and audit.codes.get(name) == usual:
            yield name, _coded(rubrics[code], code)


def party(actor: Actor) -> dict[str, Any]:
    """PARTY_IDENTIFIED in canonical JSON, attributes in the order of the XML schema.

    AUDIT_DETAILS has no place for client, roles, purpose of use and on whose behalf: they are identifiers of
    the committer, told apart by `type`.
    """
    more = (
        ("client_id", actor.client_id),
        *(("role", role) for role in actor.roles),
        ("on_behalf_of", actor.on_behalf_of),
        ("purpose_of_use", actor.purpose),
    )
    return {
        "_type": "PARTY_IDENTIFIED",
        "external_ref": {
            "_type": "PARTY_REF",
            "id": {"_type": "GENERIC_ID", "value": actor.sub, "scheme": "sub"},
            "namespace": IDENTITY,
            "type": "PERSON" if actor.kind == "user" else "AGENT",
        },
        "name": actor.sub,
        "identifiers": [
            {"_type": "DV_IDENTIFIER", "issuer": _ISSUER, "assigner": _ISSUER, "id": text, "type": kind}
            for kind, text in more
            if text
        ],
    }


def _coded(rubric: str, code: str) -> dict[str, Any]:
    terminology = {"_type": "TERMINOLOGY_ID", "value": "openehr"}
    phrase = {"_type": "CODE_PHRASE", "terminology_id": terminology, "code_string": code}
    return {"_type": "DV_CODED_TEXT", "value": rubric, "defining_code": phrase}
