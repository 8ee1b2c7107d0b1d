"""Web templates for tests, made of as few words as can be."""

from typing import Any

from openward_openehr.validation import CompiledTemplate, compile  # noqa: A004  as `re.compile`
from openward_openehr.web_template import document

ENTRY = "/content[openEHR-EHR-EVALUATION.health.v1]"
ITEMS = f"{ENTRY}/data[at0001]/items"
#: What every composition has to say.
CONTEXT = {"ctx/language": "en", "ctx/territory": "CH", "ctx/composer_name": "somebody"}

Json = dict[str, Any]


def node(name: str, rm_type: str, aql: str, *children: Json, **more: Any) -> Json:
    return {
        "id": name,
        "name": name.replace("_", " "),
        "localizedName": name.replace("_", " ").capitalize(),
        "localizedNames": {"en": name, "de": f"{name} (de)"},
        "rmType": rm_type,
        "min": 0,
        "max": 1,
        "aqlPath": aql,
        "children": list(children),
        **more,
    }


def value(name: str, rm_type: str, *inputs: Json, at: str = "at0002", **more: Any) -> Json:
    """An element with one value."""
    return node(name, rm_type, f"{ITEMS}[{at}]/value", inputs=list(inputs), nodeId=at, **more)


def composition(*content: Json, full: bool = False) -> CompiledTemplate:
    """`full`: what is given is the full tree, so nothing else may be in a composition."""
    attributes = (
        node("category", "DV_CODED_TEXT", "/category", min=1),
        node(
            "context",
            "EVENT_CONTEXT",
            "/context",
            node("start_time", "DV_DATE_TIME", "/context/start_time", min=1),
            node("setting", "DV_CODED_TEXT", "/context/setting", min=1),
        ),
        node("language", "CODE_PHRASE", "/language", min=1),
        node("territory", "CODE_PHRASE", "/territory", min=1),
        node("composer", "PARTY_PROXY", "/composer", min=1),
    )
    tree = node(
        "health", "COMPOSITION", "", *attributes, *content, nodeId="openEHR-EHR-COMPOSITION.health.v1"
    )
    template = document.read(
        {
            "templateId": "health",
            "defaultLanguage": "en",
            "languages": ["en", "de"],
            "version": "2.3",
            "tree": tree,
        }
    )
    return compile(template, template if full else None)


def entry(*values: Json, **more: Any) -> CompiledTemplate:
    """A composition with one evaluation; its values are at `health/entry/<name>`."""
    evaluation = node(
        "entry", "EVALUATION", ENTRY, *values, nodeId="openEHR-EHR-EVALUATION.health.v1", **more
    )
    return composition(evaluation)


def coded(*codes: str, **more: Any) -> Json:
    choices = [{"value": code, "label": f"label of {code}"} for code in codes]
    return {"suffix": "code", "type": "CODED_TEXT", "list": choices, "terminology": "local", **more}
