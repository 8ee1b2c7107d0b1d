"""What stands before the definition: ids, concept, languages, description."""

import re
from typing import Final

from openward_openehr.opt.lint.finding import Report
from openward_openehr.opt.lint.languages import is_known, is_tag
from openward_openehr.opt.lint.source import Element
from openward_openehr.opt.lint.template import Template

MAX_ID: Final = 255
_PATH_CHARACTERS: Final = re.compile(r"[\x00-\x1f/\\?#%:*\"<>|]|^\.+$")
#: What every system keeps in addresses and file names.
_PLAIN: Final = re.compile(r"[A-Za-z0-9 ._\-]*")
_CONCEPT: Final = re.compile(r"[A-Za-z0-9 _]*")
_LANGUAGES: Final = "ISO_639-1"
#: UID_BASED_ID of the base types: a UUID, an OID, or a reversed internet domain, each with an extension.
_UID: Final = re.compile(
    r"(?:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|\d+(?:\.\d+)+|[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*)"
    r"(?:::.+)?",
    re.ASCII,
)


def check(template: Template, report: Report) -> None:
    root = template.element
    _ids(root, report)
    _concept(root, report)
    _languages(template, report)
    description = root.child("description")
    if description is None:
        report.at(root, "description-missing")
    else:
        _description(description, template.language, report)


def _ids(root: Element, report: Report) -> None:
    template_id = root.child("template_id", "value")
    if template_id is None or not template_id.text:
        report.at(template_id or root.child("template_id") or root, "template-id-missing")
    elif len(template_id.text) > MAX_ID or _PATH_CHARACTERS.search(template_id.text):
        report.at_text(template_id, "template-id-invalid")
    elif not _PLAIN.fullmatch(template_id.text):
        report.at_text(template_id, "template-id-characters")
    uid = root.child("uid", "value")
    if uid is None or not uid.text:
        report.at(uid or root.child("uid") or root, "uid-missing")
    elif not _UID.fullmatch(uid.text):
        report.at_text(uid, "uid-invalid")


def _concept(root: Element, report: Report) -> None:
    concept = root.child("concept")
    if concept is None or not concept.text:
        report.at(concept or root, "concept-missing")
    elif not _CONCEPT.fullmatch(concept.text):
        report.at_text(concept, "concept-characters")


def _languages(template: Template, report: Report) -> None:
    root = template.element
    if not template.language:
        report.at(root.child("language") or root, "language-missing")
    for language in template.elements("language"):
        code, terminology = language.child("code_string"), language.child("terminology_id", "value")
        if code and code.text:
            _tag(code, report)
        if terminology and terminology.text != _LANGUAGES:
            report.at_text(terminology, "language-terminology-unusual")


def _tag(code: Element, report: Report) -> None:
    if not is_tag(code.text):
        report.at_text(code, "language-invalid")
    elif not is_known(code.text):
        report.at_text(code, "language-unknown")


def _description(description: Element, language: str, report: Report) -> None:
    state = description.child("lifecycle_state")
    if state is None or not state.text:
        report.at(state or description, "lifecycle-unpublished")
    elif state.text.casefold() != "published":
        report.at_text(state, "lifecycle-unpublished")
    if not any(author.text for author in description.all("original_author")):
        report.at(description, "author-missing")
    details = list(description.all("details"))
    if not details:
        report.at(description, "description-details-missing")
    elif language and language not in {each.value("language", "code_string") for each in details}:
        report.at(details[0], "description-language-missing")
    for each in details:
        if not each.value("purpose"):
            report.at(each.child("purpose") or each, "purpose-missing")
