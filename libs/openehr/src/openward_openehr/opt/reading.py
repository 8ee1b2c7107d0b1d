"""From the bytes of an OPT 1.4 to its constraints."""

from collections import ChainMap
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

from lxml import etree

from openward_openehr.opt.constraints import archetype_root
from openward_openehr.opt.elements import NAMESPACE, all_text, child, children, line, name, text
from openward_openehr.opt.errors import OptInvalid
from openward_openehr.opt.hardened_xml import Element, parse
from openward_openehr.opt.model import Annotation, Default, Description, Detail, Opt, Term
from openward_openehr.opt.terms import ontology, texts

Ontology = Mapping[str, Mapping[str, Term]]

#: Objects within objects; templates have 20 or 30. What walks through them calls itself for each.
MAX_DEPTH: Final = 100
_TOO_DEEP: Final = etree.XPath(
    f"boolean(/*/o:definition{'/o:attributes/o:children' * MAX_DEPTH})", namespaces={"o": NAMESPACE}
)


def read(source: bytes) -> Opt:
    """Untrusted bytes. Raises XmlMalformed, XmlForbidden, XmlTooComplex, OptInvalid."""
    return read_tree(parse(source))


def read_tree(root: Element) -> Opt:
    """Of XML parsed already, without comments. Raises OptInvalid."""
    if root.tag != f"{{{NAMESPACE}}}template":
        raise OptInvalid("the root element is not a template of openEHR (ADL 1.4)", line(root))
    if _TOO_DEEP(root):
        raise OptInvalid(f"it has more than {MAX_DEPTH} objects within each other", line(root))
    definition = child(root, "definition")
    if definition is None:
        raise OptInvalid("it has no definition", line(root))
    return Opt(
        template_id=_needed(root, "template_id", "value"),
        concept=text(root, "concept"),
        language=_needed(root, "language", "code_string"),
        uid=text(root, "uid", "value"),
        description=_description(child(root, "description")),
        definition=archetype_root(definition),
        ontologies=_ontologies(root),
        annotations=tuple(
            Annotation(each.get("path") or "", texts(each), line(each))
            for each in children(root, "annotations")
        ),
        defaults=tuple(_defaults(child(root, "constraints"))),
        line=line(root),
    )


def _needed(root: Element, *names: str) -> str:
    found = text(root, *names)
    if not found or not found.strip():
        raise OptInvalid(f"it has no {names[0]}", line(root))
    return found


def _description(element: Element | None) -> Description | None:
    if element is None:
        return None
    details = (
        Detail(text(each, "language", "code_string") or "", text(each, "purpose"), line(each))
        for each in children(element, "details")
    )
    return Description(
        lifecycle_state=text(element, "lifecycle_state"),
        author=texts(element, "original_author"),
        details=tuple(details),
        other_details=texts(element, "other_details"),
        line=line(element),
    )


def _ontologies(root: Element) -> Mapping[str, Ontology]:
    """Of an archetype that has several, later ones replace terms of earlier ones."""
    found: dict[str, dict[str, ChainMap[str, Term]]] = {}
    for element in chain(children(root, "ontology"), children(root, "component_ontologies")):
        languages = found.setdefault(element.get("archetype_id") or "", {})
        for language, terms in ontology(element).items():
            known = languages.get(language, ChainMap[str, Term]())
            languages[language] = known.new_child(dict(terms))
    return found


def _defaults(constraints: Element | None) -> Iterator[Default]:
    """Of T_CONSTRAINT: each field of each default value."""
    for attribute in children(constraints, "attributes"):
        differential = (text(attribute, "differential_path") or "").partition("/")[2]
        path = "/".join(each for each in (differential, text(attribute, "rm_attribute_name")) if each)
        for value in (child(each, "default_value") for each in children(attribute, "children")):
            for field in () if value is None else value:
                yield _default(f"/{path}", field)


def _default(path: str, field: Element) -> Default:
    """A code stands for a field that has parts."""
    if len(field) > 0:
        code = text(field, "defining_code", "code_string") or text(field, "code_string") or ""
        return Default(path, "defining_code", code, line(field))
    return Default(path, name(field), all_text(field), line(field))
