"""A CONTRIBUTION as far as rights and safe writes need to know it: which versions it makes of what.

EHRbase acts by the text of `commit_audit.change_type.value` and by the type of `data`; what it would not
understand, or understand otherwise than others do, is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from openward_contracts.identifiers import TemplateId, VersionUid

from clinical.domain.intent import Kind
from clinical.domain.openehr_errors import ContributionUnreadable
from clinical.domain.xml_document import TEMPLATE, text_at

#: openEHR terminology, group "audit change type": those of them that EHRbase carries out.
_CODES: Final = {"creation": "249", "amendment": "250", "modification": "251", "deleted": "523"}
_KINDS: Final = {
    "creation": Kind.CREATE,
    "amendment": Kind.UPDATE,
    "modification": Kind.UPDATE,
    "deleted": Kind.DELETE,
}
_TYPES: Final = ("COMPOSITION", "EHR_STATUS", "FOLDER")


@dataclass(frozen=True)
class VersionChange:
    """One version. `data_type` is None where a version is deleted by its uid alone.

    `kind`: what is done, CREATE, UPDATE or DELETE. `data` is the version's, to be changed in place.
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
        raise ContributionUnreadable("A contribution has at least one version.")
    return tuple(_change(version) for version in versions)


def _change(version: object) -> VersionChange:
    if not isinstance(version, dict) or version.get("_type", "ORIGINAL_VERSION") != "ORIGINAL_VERSION":
        raise ContributionUnreadable("Only original versions can be committed.")
    kind, preceding, data = _kind(version), _preceding(version), version.get("data")
    if (preceding is None) != (kind is Kind.CREATE):
        raise ContributionUnreadable("preceding_version_uid belongs to every change but a creation.")
    if data is None and kind is Kind.DELETE:
        return VersionChange(kind, None, preceding, None, {})
    if not isinstance(data, dict) or data.get("_type") not in _TYPES:
        raise ContributionUnreadable("A version holds a COMPOSITION, an EHR_STATUS or a FOLDER.")
    return VersionChange(kind, data["_type"], preceding, _template(data), data)


def _kind(version: Mapping[str, Any]) -> Kind:
    path = "commit_audit/change_type"
    word = (text_at(version, f"{path}/value") or "").lower()
    code = text_at(version, f"{path}/defining_code/code_string")
    if word not in _CODES or code not in (None, _CODES[word]):
        raise ContributionUnreadable(f"The change type of a version is one of {', '.join(_CODES)}.")
    return _KINDS[word]


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
