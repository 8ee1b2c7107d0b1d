"""Operational templates, ADL 1.4: what the service reads in them."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from openward_contracts.identifiers import TemplateId

from templates.domain.errors import NotATemplate, TemplateIdInvalid, TemplateIncomplete
from templates.domain.hardened_xml import Element, parse
from templates.domain.semantic_version import SemanticVersion

NAMESPACE: Final = "http://schemas.openehr.org/v1"
_NS: Final = {"o": NAMESPACE}
#: Of `other_details`, the one that says most first.
_VERSION_KEYS: Final = ("sem_ver", "semver", "template semver", "version")
_MAX_CONCEPT: Final = 1000
_MAX_ARCHETYPE_ID: Final = 255

#: EHRbase takes a template without these and cannot use it, nor can it be replaced there.
_WITHOUT_WHICH_NOTHING_IS_DERIVED: Final = ("language/terminology_id/value", "language/code_string")

#: EHRbase stores a template with one of these in its id, and its web server then refuses every path to it.
_UNADDRESSABLE: Final = frozenset("/\\;%")
_ARCHETYPE_ID: Final = re.compile(r"(?:[\w.-]+::)?\w+-\w+-([A-Z][A-Z_]*)\.[\w-]+\.v\d+[\w.+-]*")

_ADL: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:--[^\n]*\n\s*)*"
    rb"(?:(?:flat_)?archetype|operational_template|template(?:_overlay)?)\s*[(\r\n]"
)
_OTHER_ROOTS: Final = {
    f"{{{NAMESPACE}}}archetype": "an archetype",
    "{openEHR/v1/Template}template": "a template's source (OET), which has to be exported as OPT",
}


@dataclass(frozen=True)
class Opt:
    """`source` is the document, byte for byte as it was sent; `version` what it says of itself."""

    template_id: TemplateId
    concept: str
    archetype_id: str
    source: bytes
    version: SemanticVersion | None = None

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.source).hexdigest()


def read_opt(source: bytes) -> Opt:
    """Raises an Invalid that says what is wrong and where, without quoting the document."""
    if _ADL.match(source):
        raise NotATemplate("an ADL text")
    root = parse(source)
    if root.tag != f"{{{NAMESPACE}}}template":
        raise NotATemplate(_OTHER_ROOTS.get(str(root.tag), "another kind of document"))
    for path in _WITHOUT_WHICH_NOTHING_IS_DERIVED:
        _value(root, path)
    return Opt(
        template_id=checked_id(_value(root, "template_id/value")),
        concept=_concept(_value(root, "concept").strip()),
        archetype_id=_archetype_id(root),
        source=source,
        version=_version(root),
    )


def checked_id(text: str) -> TemplateId:
    """Raises TemplateIdInvalid for an id under which a template could not be asked for."""
    if text != text.strip():
        raise TemplateIdInvalid("must not begin or end with a blank")
    if text in {".", ".."} or not _UNADDRESSABLE.isdisjoint(text):
        raise TemplateIdInvalid("must not be dots and must not hold a slash, backslash, semicolon or percent")
    if not text.isprintable():
        raise TemplateIdInvalid("must hold printable characters and simple blanks only")
    try:
        return TemplateId(text)
    except ValueError:
        raise TemplateIdInvalid("must have 1 to 255 characters") from None


def _value(root: Element, path: str) -> str:
    """The text, which is not empty, of the only element at `path`: steps below the root."""
    steps = "/".join(f"o:{step}" for step in path.split("/"))
    found = root.findall(steps, _NS)
    if len(found) != 1:
        raise TemplateIncomplete(path, "is missing" if not found else "must be there once")
    text = "".join(map(str, found[0].itertext()))
    if not text.strip():
        raise TemplateIncomplete(path, "is empty")
    return text


def _version(root: Element) -> SemanticVersion | None:
    """As tools write it into the description; what is no semantic version is not one of ours."""
    details = root.findall("o:description/o:other_details", _NS)
    said = {str(each.get("id", "")).lower(): "".join(map(str, each.itertext())).strip() for each in details}
    for key in _VERSION_KEYS:
        try:
            return SemanticVersion.parse(said.get(key, ""))
        except ValueError:
            continue
    return None


def _concept(text: str) -> str:
    if len(text) > _MAX_CONCEPT or not text.isprintable():
        raise TemplateIncomplete("concept", f"must have at most {_MAX_CONCEPT} characters, all printable")
    return text


def _archetype_id(root: Element) -> str:
    """Of the archetype that the whole template is made from."""
    path, rm_type = "definition/archetype_id/value", _value(root, "definition/rm_type_name").strip()
    text = _value(root, path).strip()
    parts = _ARCHETYPE_ID.fullmatch(text)
    if parts is None or len(text) > _MAX_ARCHETYPE_ID:
        raise TemplateIncomplete(path, "is no archetype id")
    if parts[1] != rm_type:
        raise TemplateIncomplete(path, "is of another type than definition/rm_type_name says")
    return text
