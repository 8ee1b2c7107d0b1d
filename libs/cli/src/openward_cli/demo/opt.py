"""Writes operational templates (OPT 1.4) from a short description in Python.

The element names and their order are those of the openEHR Template XML schema, release 1.0.2 (`Template.xsd`,
`OpenehrProfile.xsd`); what a template says is ours. Only what the demonstration's templates need is covered.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from xml.etree import ElementTree as ET

from openward_cli.demo.opt_constraints import (
    XSI,
    Archetype,
    Node,
    Occurs,
    Terms,
    code,
    coded,
    group,
    interval,
    text,
    tree,
    typed,
)

OPENEHR = "http://schemas.openehr.org/v1"
_OPTIONAL = frozenset({"protocol"})

Words = Mapping[str, tuple[str, str, str, str]]
"""at-code -> (text, description, German text, German description)"""


def bilingual(archetype_id: str, root: Node, words: Words) -> Archetype:
    """With terms in English and in German."""
    english = {code_: (said[0], said[1]) for code_, said in words.items()}
    german = {code_: (said[2], said[3]) for code_, said in words.items()}
    return Archetype(archetype_id, root, english, {"de": german})


def entry(
    archetype_id: str, words: Words, occurs: Occurs = (0, 1), **attributes: Node | tuple[Node, ...]
) -> Archetype:
    """ENTRY with these attributes, of the type that the archetype's id says."""
    rm_type = archetype_id.split(".", maxsplit=1)[0].rpartition("-")[2]
    return bilingual(archetype_id, Node(rm_type, "at0000", occurs, single=attributes), words)


def cluster(archetype_id: str, words: Words, *items: Node | Archetype, occurs: Occurs = (0, 1)) -> Archetype:
    return bilingual(archetype_id, tree("at0000", *items, rm_type="CLUSTER", occurs=occurs), words)


def composition(category: str, *other_context: Node) -> Node:
    """COMPOSITION; `category` is openEHR's code. Without `other_context` it has no context that can be read.

    EHRbase drops `context` from its own paths where there is no node below it, and cannot read them back.
    """
    single: dict[str, Node | tuple[Node, ...]] = {"category": coded(category, terminology="openehr")}
    if other_context:
        single["context"] = Node("EVENT_CONTEXT", single={"other_context": tree("at0001", *other_context)})
    return Node("COMPOSITION", "at0000", single=single)


def history(nodes: tuple[str, str, str], *items: Node | Archetype, state: Node | None = None) -> Node:
    """HISTORY of any number of events; `nodes` are at-codes of HISTORY, its event and the event's data."""
    history_, event, data = nodes
    single = {"data": tree(data, *items)} | ({"state": state} if state else {})
    return Node("HISTORY", history_, multiple={"events": (Node("EVENT", event, (0, None), single=single),)})


def observation(
    archetype: str,
    nodes: tuple[str, str, str],
    items: tuple[Node, ...],
    terms: Terms,
    state: Node | None = None,
) -> Archetype:
    """An OBSERVATION in one language; `nodes` as those of `history`."""
    root = Node("OBSERVATION", "at0000", (0, 1), single={"data": history(nodes, *items, state=state)})
    return Archetype(f"openEHR-EHR-OBSERVATION.{archetype}", root, terms)


def _attributes(node: Node) -> Iterator[ET.Element]:
    for name, child in node.single.items():
        alternatives = child if isinstance(child, tuple) else (child,)
        parts = [
            text("rm_attribute_name", name),
            interval("existence", 0 if name in _OPTIONAL else 1, 1),
            *map(_child, alternatives),
        ]
        yield typed("attributes", "C_SINGLE_ATTRIBUTE", parts)
    for name, members in node.multiple.items():
        cardinality = group(
            "cardinality",
            [
                text("is_ordered", value=False),
                text("is_unique", value=False),
                interval("interval", 0, None),
            ],
        )
        parts = [text("rm_attribute_name", name), interval("existence", 0, 1), *map(_child, members)]
        yield typed("attributes", "C_MULTIPLE_ATTRIBUTE", [*parts, cardinality])


def _head(node: Node) -> list[ET.Element]:
    lower, upper = node.occurs
    return [
        text("rm_type_name", node.rm_type),
        interval("occurrences", lower, upper),
        text("node_id", node.node_id),
    ]


def _child(node: Node | Archetype) -> ET.Element:
    if isinstance(node, Archetype):
        return _root("children", node)
    return typed("children", node.xsi_type, [*_head(node), *_attributes(node), *node.extra])


def _root(tag: str, archetype: Archetype) -> ET.Element:
    parts = [
        *_head(archetype.root),
        *_attributes(archetype.root),
        group("archetype_id", [text("value", archetype.archetype_id)]),
        *_terms("term_definitions", archetype.terms),
    ]
    return typed(tag, "C_ARCHETYPE_ROOT", parts)


def _terms(tag: str, terms: Terms) -> Iterator[ET.Element]:
    for at_code, (label, description) in terms.items():
        said = [group("items", [], id="text"), group("items", [], id="description")]
        said[0].text, said[1].text = label, description
        yield group(tag, said, code=at_code)


def _ontologies(archetypes: Iterable[Archetype]) -> Iterator[ET.Element]:
    """Terms in all languages; of an archetype that is there several times once."""
    translated = {each.archetype_id: each for each in archetypes if each.translations}
    for number, archetype in enumerate(translated.values()):
        languages = {"en": archetype.terms, **archetype.translations}
        said = [
            group("term_definitions", _terms("items", terms), language=language)
            for language, terms in languages.items()
        ]
        yield group(
            "component_ontologies" if number else "ontology", said, archetype_id=archetype.archetype_id
        )


def _archetypes(node: Node | Archetype) -> Iterator[Archetype]:
    """It and those within it, in the order of the document."""
    if isinstance(node, Archetype):
        yield node
        node = node.root
    single = (each if isinstance(each, tuple) else (each,) for each in node.single.values())
    for members in (*single, *node.multiple.values()):
        for member in members:
            yield from _archetypes(member)


def template(
    template_id: str,
    uid: str,
    purpose: str | Mapping[str, str],
    composition: Archetype,
    *content: Archetype,
) -> bytes:
    """The OPT as UTF-8 XML. `purpose` by language tag, in English where there is only one."""
    purposes = {"en": purpose} if isinstance(purpose, str) else purpose
    description = [
        group("original_author", [], id="name"),
        text("lifecycle_state", "published"),
        *(
            group("details", [code("language", "ISO_639-1", language), text("purpose", said)])
            for language, said in purposes.items()
        ),
    ]
    description[0].text = "Openward"
    archetype = replace(composition, root=replace(composition.root, multiple={"content": content}))
    definition = _root("definition", archetype)
    definition.attrib.pop(f"{{{XSI}}}type")
    root = group(
        "template",
        [
            code("language", "ISO_639-1", "en"),
            group("description", description),
            group("uid", [text("value", uid)]),
            group("template_id", [text("value", template_id)]),
            text("concept", template_id.partition(".")[0]),
            definition,
            *_ontologies(_archetypes(archetype)),
        ],
        xmlns=OPENEHR,
    )
    ET.register_namespace("xsi", XSI)
    ET.indent(root, " ")
    document: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + document + b"\n"
