"""Small operational templates (OPT 1.4) for tests of what is made of them: each part is XML text.

Element names and their order are those of the openEHR Template XML schema, release 1.0.2.
"""

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

Span = tuple[float | str, float | str | None]
#: By code: text, or text and description.
Terms = Mapping[str, str | tuple[str, str]]

COMPOSITION = "openEHR-EHR-COMPOSITION.report.v1"
OBSERVATION = "openEHR-EHR-OBSERVATION.pulse.v1"


def interval(tag: str, bounds: Span, *, included: str = "true") -> str:
    """`bounds`: an upper one of None is unbounded; `included`: whether both are."""
    low, high = bounds
    upper, open_ = ("", "true") if high is None else (f"<upper>{high}</upper>", "false")
    return (
        f"<{tag}><lower_included>{included}</lower_included><upper_included>{included}</upper_included>"
        f"<lower_unbounded>false</lower_unbounded><upper_unbounded>{open_}</upper_unbounded>"
        f"<lower>{low}</lower>{upper}</{tag}>"
    )


def constraint(
    rm_type: str,
    *parts: str,
    code: str = "",
    kind: str = "C_COMPLEX_OBJECT",
    occurs: Span = (1, 1),
    tag: str = "children",
) -> str:
    head = f"<rm_type_name>{escape(rm_type)}</rm_type_name>{interval('occurrences', occurs)}"
    return f'<{tag} xsi:type="{kind}">{head}<node_id>{code}</node_id>{"".join(parts)}</{tag}>'


def single(name: str, *children: str, existence: Span = (1, 1)) -> str:
    """An attribute that has one value; several children are alternatives."""
    said = f"<rm_attribute_name>{name}</rm_attribute_name>{interval('existence', existence)}"
    return f'<attributes xsi:type="C_SINGLE_ATTRIBUTE">{said}{"".join(children)}</attributes>'


def many(name: str, *children: str, cardinality: Span = (0, None)) -> str:
    """An attribute that is a container."""
    said = f"<rm_attribute_name>{name}</rm_attribute_name>{interval('existence', (0, 1))}"
    count = (
        "<cardinality><is_ordered>false</is_ordered><is_unique>false</is_unique>"
        f"{interval('interval', cardinality)}</cardinality>"
    )
    return f'<attributes xsi:type="C_MULTIPLE_ATTRIBUTE">{said}{"".join(children)}{count}</attributes>'


def primitive(rm_type: str, *parts: str) -> str:
    """C_STRING for STRING, and so on."""
    item = f'<item xsi:type="C_{rm_type}">{"".join(parts)}</item>'
    return constraint(rm_type, item, kind="C_PRIMITIVE_OBJECT")


def values(*allowed: object, tag: str = "list") -> str:
    return "".join(f"<{tag}>{escape(str(each))}</{tag}>" for each in allowed)


def codes(*allowed: str, terminology: str = "local") -> str:
    """A CODE_PHRASE: one of these."""
    said = f"<terminology_id><value>{terminology}</value></terminology_id>"
    return constraint("CODE_PHRASE", said, values(*allowed, tag="code_list"), kind="C_CODE_PHRASE")


def coded(*allowed: str, terminology: str = "local", occurs: Span = (1, 1)) -> str:
    return constraint(
        "DV_CODED_TEXT", single("defining_code", codes(*allowed, terminology=terminology)), occurs=occurs
    )


def text(*allowed: str) -> str:
    constrained = single("value", primitive("STRING", values(*allowed))) if allowed else ""
    return constraint("DV_TEXT", constrained)


def named(*allowed: str) -> str:
    """The attribute that gives a node its name."""
    return single("name", text(*allowed))


def element(code: str, *alternatives: str, name: str = "", occurs: Span = (0, 1)) -> str:
    value = single("value", *alternatives) if alternatives else ""
    return constraint("ELEMENT", name, value, code=code, occurs=occurs)


def tree(*items: str, code: str = "at0003", cardinality: Span = (0, None)) -> str:
    return constraint("ITEM_TREE", many("items", *items, cardinality=cardinality), code=code)


def root(
    archetype_id: str,
    *attributes: str,
    terms: Terms,
    occurs: Span = (0, 1),
    tag: str = "children",
    more: str = "",
) -> str:
    """An archetype: its RM type is in its id. `more`: term bindings and the like."""
    rm_type = archetype_id.split(".", maxsplit=1)[0].rpartition("-")[2]
    id_ = f"<archetype_id><value>{archetype_id}</value></archetype_id>"
    said = "".join(_term("term_definitions", code, term) for code, term in terms.items())
    parts = (*attributes, id_, said, more)
    return constraint(rm_type, *parts, code="at0000", kind="C_ARCHETYPE_ROOT", occurs=occurs, tag=tag)


def _term(tag: str, code: str, term: str | tuple[str, str]) -> str:
    said, described = (term, f"about {term}") if isinstance(term, str) else term
    items = f'<items id="text">{escape(said)}</items><items id="description">{escape(described)}</items>'
    return f'<{tag} code="{code}">{items}</{tag}>'


def observation(
    *items: str,
    terms: Terms,
    events: Span = (0, None),
    cardinality: Span = (0, None),
    archetype_id: str = OBSERVATION,
    name: str = "",
) -> str:
    """With one event, whose items are in an ITEM_TREE; `terms` of the items, and of others that matter."""
    data = single("data", tree(*items, cardinality=cardinality))
    event = constraint("EVENT", data, code="at0002", occurs=events)
    history = constraint("HISTORY", many("events", event), code="at0001")
    own = {"at0000": "Pulse", "at0001": "History", "at0002": "Any event", "at0003": "Tree"}
    return root(archetype_id, name, single("data", history), terms={**own, **terms}, occurs=(0, None))


def ontology(
    archetype_id: str, by_language: Mapping[str, Terms], *, tag: str = "component_ontologies"
) -> str:
    languages = "".join(
        f'<term_definitions language="{language}">'
        + "".join(_term("items", code, term) for code, term in terms.items())
        + "</term_definitions>"
        for language, terms in by_language.items()
    )
    return f'<{tag} archetype_id="{archetype_id}">{languages}</{tag}>'


def annotation(path: str, **items: str) -> str:
    said = "".join(f'<items id="{name}">{escape(value)}</items>' for name, value in items.items())
    return f"<annotations path={quoteattr(path)}>{said}</annotations>"


def default(path: str, attribute: str, rm_type: str, *fields: str) -> str:
    """What the template proposes for this attribute of the node at `path`."""
    value = f'<default_value xsi:type="{rm_type}">{"".join(fields)}</default_value>'
    child = f"<children><rm_type_name>{rm_type}</rm_type_name>{value}</children>"
    place = f"<differential_path>{path}</differential_path>"
    return f"<attributes><rm_attribute_name>{attribute}</rm_attribute_name>{child}{place}</attributes>"


def composition(*content: str, more: str = "", languages: tuple[str, ...] = ("en",)) -> bytes:
    """A template of one composition, in English; `more`: ontologies, annotations, defaults."""
    definition = root(
        COMPOSITION,
        single("category", coded("433", terminology="openehr")),
        many("content", *content),
        terms={"at0000": "Report"},
        occurs=(1, 1),
        tag="definition",
    )
    return template(definition, more=more, languages=languages)


def template(definition: str, *, more: str = "", languages: tuple[str, ...] = ("en",)) -> bytes:
    """`definition`: an archetype `root` with the tag `definition`."""
    details = "".join(f"<details>{_language(each)}<purpose>Tests</purpose></details>" for each in languages)
    author = '<original_author id="name">Openward</original_author>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<template xmlns="http://schemas.openehr.org/v1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{_language('en')}<description>{author}<lifecycle_state>draft</lifecycle_state>{details}</description>"
        "<uid><value>1</value></uid><template_id><value>small.v1</value></template_id>"
        f"<concept>small.v1</concept>{definition}{more}</template>"
    ).encode()


def _language(tag: str) -> str:
    terminology = "<terminology_id><value>ISO_639-1</value></terminology_id>"
    return f"<language>{terminology}<code_string>{tag}</code_string></language>"
