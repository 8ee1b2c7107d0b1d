"""A CONTRIBUTION as far as rights and safe writes need to know it: which versions it makes of what.

EHRbase acts by the text of `commit_audit.change_type.value` and by the type of `data`; what it would not
understand, or understand otherwise than others do, is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from openward_contracts.identifiers import TemplateId, VersionUid
from openward_servicekit.json_outline import WHOLE

from clinical.domain.intent import Kind
from clinical.domain.openehr_errors import ContributionUnreadable
from clinical.domain.refusals import spoken
from clinical.domain.xml_document import TEMPLATE, text_at

#: openEHR terminology, group "audit change type": those of them that EHRbase carries out.
_CODES: Final = {"creation": "249", "amendment": "250", "modification": "251", "deleted": "523"}
_KINDS: Final = {
    "creation": Kind.CREATE,
    "amendment": Kind.UPDATE,
    "modification": Kind.UPDATE,
    "deleted": Kind.DELETE,
}
_NO_AUDIT: Final = (
    "Message at /commit_audit (/commit_audit):  "
    "Attribute commit_audit of class ORIGINAL_VERSION does not match existence 1..1"
)
#: What is used of a contribution, or of an EHR_STATUS or a FOLDER alone (see `json_outline`).
_SUBJECT: Final[dict[str, Any]] = {"external_ref": {"id": {"value": {}}, "namespace": {}}}
_DATA: Final[dict[str, Any]] = {
    "_type": {},
    "uid": {},
    "subject": _SUBJECT,
    "archetype_details": {"template_id": {"value": {}}},
}
_VERSION: Final[dict[str, Any]] = {
    "_type": {},
    "commit_audit": WHOLE,
    "preceding_version_uid": {"value": {}},
    "data": _DATA,
}
WANTED: Final[dict[str, Any]] = {**_DATA, "audit": WHOLE, "versions": {None: _VERSION}}
_TYPES: Final = ("COMPOSITION", "EHR_STATUS", "FOLDER")


@dataclass(frozen=True)
class VersionChange:
    """One version. `data_type` is None where a version is deleted by its uid alone.

    `kind`: what is done, CREATE, UPDATE or DELETE. `data` is the version's own.
    """

    kind: Kind
    data_type: str | None
    preceding: VersionUid | None
    template_id: TemplateId | None
    data: dict[str, Any]


def read_contribution(content: object) -> tuple[VersionChange, ...]:
    """Raises ContributionUnreadable."""
    versions = content.get("versions") if isinstance(content, dict) else None
    if not isinstance(versions, list) or not versions:
        words = "Message at /versions (/versions):  Versions must not be empty"
        raise _unreadable("A contribution has at least one version.", words)
    return tuple(_change(version) for version in versions)


def _change(version: object) -> VersionChange:
    if not isinstance(version, dict) or version.get("_type", "ORIGINAL_VERSION") != "ORIGINAL_VERSION":
        raise ContributionUnreadable("Only original versions can be committed.")
    kind, preceding, data = _kind(version), _preceding(version), version.get("data")
    if (preceding is None) != (kind is Kind.CREATE):
        words = 'Invalid version. Change type CREATION, but also set "preceding_version_uid" attribute'
        detail = "preceding_version_uid belongs to every change but a creation."
        raise _unreadable(detail, words if kind is Kind.CREATE else "")
    if data is None and kind is Kind.DELETE:
        return VersionChange(kind, None, preceding, None, {})
    if not isinstance(data, dict) or data.get("_type") not in _TYPES:
        named = data.get("_type") if isinstance(data, dict) else None
        words = f"Invalid version object in contribution: {named} not supported."
        detail = "A version holds a COMPOSITION, an EHR_STATUS or a FOLDER."
        raise _unreadable(detail, words if named else f"ChangeType[{_name(version)}] not Supported.")
    return VersionChange(kind, data["_type"], preceding, _template(data), data)


def _kind(version: Mapping[str, Any]) -> Kind:
    path = "commit_audit/change_type"
    word = (text_at(version, f"{path}/value") or "").lower()
    code = text_at(version, f"{path}/defining_code/code_string")
    if word not in _CODES or code not in (None, _CODES[word]):
        words = f"Inconsistent change type: {word} for code {code}" if word else _NO_AUDIT
        raise _unreadable(f"The change type of a version is one of {', '.join(_CODES)}.", words)
    return _KINDS[word]


def _name(version: Mapping[str, Any]) -> str:
    return (text_at(version, "commit_audit/change_type/value") or "").upper()


def _unreadable(detail: str, words: str) -> ContributionUnreadable:
    """`words`: EHRbase's, for whoever has sent it."""
    return ContributionUnreadable(detail, extensions=spoken(words))


def _preceding(version: Mapping[str, Any]) -> VersionUid | None:
    if version.get("preceding_version_uid") is None:
        return None
    try:
        return VersionUid(text_at(version, "preceding_version_uid/value") or "")
    except ValueError:
        raise ContributionUnreadable("preceding_version_uid is no version uid.") from None


def _template(data: Mapping[str, Any]) -> TemplateId | None:
    if data["_type"] != "COMPOSITION":
        return None
    try:
        return TemplateId(text_at(data, TEMPLATE) or "")
    except ValueError:
        raise ContributionUnreadable("A composition names its template.") from None
