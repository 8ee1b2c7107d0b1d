"""Compositions as this service needs to know them: their format, their template, where their uid goes.

Formats are those of openEHR ITS-REST: canonical JSON and XML, and the simplified formats FLAT and
STRUCTURED. A body is only read where something in it is used: the template it names, and the uid under which
it is to be stored.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from openward_contracts.identifiers import EhrId, TemplateId, VersionUid
from openward_servicekit import strict_json
from openward_servicekit.http_parts import Parts

from clinical.domain import flat
from clinical.domain.errors import CompositionUnreadable, TemplateUnknown
from clinical.domain.objection import Objection
from clinical.domain.xml_document import TEMPLATE, XmlDocument, read_xml, text_at

#: What of canonical JSON is used.
_CANONICAL: Final[dict[str, Any]] = {"uid": {}, "archetype_details": {"template_id": {"value": {}}}}


class Format(StrEnum):
    CANONICAL = "CANONICAL"
    FLAT = "FLAT"
    STRUCTURED = "STRUCTURED"
    XML = "XML"


@dataclass(frozen=True)
class Draft:
    """A composition that somebody wants stored.

    `content` is what was read of it: XmlDocument or JSON. `root`: the template's root node id in the
    simplified formats. `broken`: values in FLAT that EHRbase stumbles over, whatever the template.
    `languages` that its sender reads, the best first.
    """

    source: bytes
    content: Any
    format: Format
    template_id: TemplateId
    root: str = ""
    broken: tuple[Objection, ...] = ()
    languages: tuple[str, ...] = ()

    def stored_as(self, uid: VersionUid) -> Parts:
        """The body that asks EHRbase to store it under this uid, in parts."""
        if self.format is Format.XML:
            document: XmlDocument = self.content
            return document.stored_as(uid)
        changed: dict[str, Any] = self.content
        new: dict[str, Any] = {"uid": {"_type": "OBJECT_VERSION_ID", "value": str(uid)}}
        if self.format is Format.FLAT:
            new = {f"{self.root}{flat.UID}": str(uid)}
        elif self.format is Format.STRUCTURED:
            # The whole key: beside `root`, `root/_uid` would be read as a path, and choose another uid.
            changed, new = self.content[self.root], {"_uid": [str(uid)]}
        return strict_json.changed(self.source, self.content, [(changed, new)])


def read_draft(source: bytes, form: Format, template_id: TemplateId | None) -> Draft:
    """The composition in a request body.

    Raises ValueError: not JSON (see `strict_json`); XmlUnreadable; CompositionUnreadable: not an object, no
    template named or two different ones; TemplateUnknown.
    """
    content, paths, named = _read(source, form)
    if named and template_id and named != template_id:
        detail = "template_id differs from the template that the composition names."
        raise CompositionUnreadable(detail, "template_id")
    template = template_id or named
    if template is None:
        raise CompositionUnreadable("The template is not named: give template_id.", "template_id")
    return Draft(source, content, form, template, paths.root, tuple(paths.problems))


def _read(source: bytes, form: Format) -> tuple[Any, flat.Paths, TemplateId | None]:
    paths = flat.Paths(values=form is Format.FLAT)
    if form is Format.XML:
        document = read_xml(source)
        return document, paths, _template(document.texts.get(TEMPLATE))
    if form is Format.CANONICAL:
        content = strict_json.read(source, _CANONICAL)
    else:
        wanted = flat.FLAT if form is Format.FLAT else flat.STRUCTURED
        content = strict_json.read(source, wanted, paths.see)
    if not isinstance(content, dict):
        raise CompositionUnreadable("A JSON object is expected.")
    if form is Format.CANONICAL:
        return content, paths, _template(text_at(content, TEMPLATE))
    if not paths.root:
        raise CompositionUnreadable(flat.ONE_ROOT)
    if form is Format.STRUCTURED and not isinstance(content[paths.root], dict):
        raise CompositionUnreadable("STRUCTURED: an object is expected below the template's root.")
    return content, paths, None


def _template(name: str | None) -> TemplateId | None:
    try:
        return TemplateId(name) if name is not None else None
    except ValueError:
        raise TemplateUnknown("archetype_details names no template that could be one.") from None


@dataclass(frozen=True, slots=True)
class Head:
    """The latest version of a composition, as EHRbase's database has it at this moment.

    `made_by` and `made_at`: the contribution of the version that was asked for, the latest if none was named,
    and its time; None if there is no such version. A version is never changed: what was made by that
    contribution is what it was.
    """

    ehr_id: EhrId
    template_id: TemplateId | None
    version: int
    deleted: bool
    made_by: UUID | None = None
    made_at: datetime | None = None
