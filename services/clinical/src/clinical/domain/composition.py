"""Compositions as this service needs to know them: their format, their template, where their uid goes.

Formats are those of openEHR ITS-REST: canonical JSON and XML, and the simplified formats FLAT and
STRUCTURED. A body is only read where something in it is used: the template it names, and the uid under which
it is to be stored.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from openward_contracts.identifiers import EhrId, TemplateId, VersionUid

from clinical.domain import flat
from clinical.domain.errors import CompositionRejected, CompositionUnreadable, TemplateUnknown
from clinical.domain.xml_document import TEMPLATE, read_xml, text_at


class Format(StrEnum):
    CANONICAL = "CANONICAL"
    FLAT = "FLAT"
    STRUCTURED = "STRUCTURED"
    XML = "XML"


@dataclass(frozen=True)
class Draft:
    """A composition that somebody wants stored; `content` is empty for XML."""

    source: bytes
    content: dict[str, object]
    format: Format
    template_id: TemplateId

    def stored_as(self, uid: VersionUid) -> bytes:
        """The body that asks EHRbase to store it under this uid."""
        if self.format is Format.XML:
            return read_xml(self.source).stored_as(uid)
        content = dict(self.content)
        if self.format is Format.CANONICAL:
            content["uid"] = {"_type": "OBJECT_VERSION_ID", "value": str(uid)}
        elif self.format is Format.FLAT:
            root = self._root(path.split("/")[0].split("|")[0] for path in content)
            content[f"{root}/_uid"] = str(uid)
        else:
            # The whole key: beside `root`, `root/_uid` would be read as a path, and choose another uid.
            root = self._root(content)
            tree = content[root]
            if not isinstance(tree, dict):
                raise CompositionUnreadable("STRUCTURED: an object is expected below the template's root.")
            content[root] = {**tree, "_uid": [str(uid)]}
        return json.dumps(content, ensure_ascii=False).encode()

    def _root(self, names: Iterable[str]) -> str:
        """The template's root node id, the only name besides that of the context."""
        roots = {name for name in names if not _is_context(name)}
        if len(roots) != 1:
            raise CompositionUnreadable("All paths must begin with the template's one root node.")
        return roots.pop()


def _is_context(path: str) -> bool:
    return path == "ctx" or path.startswith("ctx/")


def read_draft(source: bytes, content: object, form: Format, template_id: TemplateId | None) -> Draft:
    """The composition in a request body; `content` is `source` read as JSON.

    Raises CompositionUnreadable: not an object, no template named or two different ones; TemplateUnknown;
    CompositionRejected:
    FLAT values that no template allows.
    """
    if form is Format.XML:
        content, named = {}, _template(read_xml(source).texts.get(TEMPLATE))
    elif isinstance(content, dict):
        named = _template(text_at(content, TEMPLATE)) if form is Format.CANONICAL else None
    else:
        raise CompositionUnreadable("A JSON object is expected.")
    if named and template_id and named != template_id:
        raise CompositionUnreadable("template_id differs from the template that the composition names.")
    template = template_id or named
    if template is None:
        raise CompositionUnreadable("The template is not named: give template_id.")
    if form is Format.FLAT and (errors := flat.problems(content)):
        raise CompositionRejected("The composition does not fit its template.", errors)
    return Draft(source, content, form, template)


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
