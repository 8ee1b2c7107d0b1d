"""Terms and bindings of archetypes: in archetype roots, and by language in ontologies."""

from collections.abc import Iterator, Mapping

from openward_openehr.opt.elements import children, line, text
from openward_openehr.opt.hardened_xml import Element
from openward_openehr.opt.model import Binding, Term


def term(element: Element) -> Term:
    """ARCHETYPE_TERM: `code`, and items `text`, `description`, and others such as `comment`."""
    items = {each.get("id") or "": each.text or "" for each in element}
    said, described = items.pop("text", None), items.pop("description", None)
    return Term(element.get("code") or "", said, described, items, line(element))


def texts(element: Element, named: str = "items") -> dict[str, str]:
    """A StringDictionary: values by their `id`; the last one counts."""
    return {each.get("id") or "": each.text or "" for each in children(element, named)}


def bindings(element: Element) -> Iterator[Binding]:
    """TermBindingSet of one terminology."""
    terminology = element.get("terminology") or ""
    for item in children(element, "items"):
        target = text(item, "value", "terminology_id", "value") or ""
        code = text(item, "value", "code_string") or ""
        yield Binding(terminology, item.get("code") or "", target, code, line(item))


def ontology(element: Element) -> Mapping[str, Mapping[str, Term]]:
    """ARCHETYPE_ONTOLOGY: by language, then code."""
    return {
        found.get("language") or "": {each.code: each for each in map(term, children(found, "items"))}
        for found in children(element, "term_definitions")
    }
