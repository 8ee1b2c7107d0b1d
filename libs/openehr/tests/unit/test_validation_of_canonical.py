"""The reference model and the template, held against canonical JSON."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from openward_openehr.validation import Format, Rule, is_refused, validate
from openward_testkit.web_templates import ENTRY, ITEMS, composition, node

ROOT = "openEHR-EHR-COMPOSITION.health.v1"
EVALUATION = "openEHR-EHR-EVALUATION.health.v1"
CODES = [{"value": "at0010", "label": "left"}, {"value": "at0011", "label": "right"}]


def element(name: str, at: str, rm_type: str, *inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    """As in a full tree: the value is a node beneath its element."""
    path = f"{ITEMS}[{at}]"
    inner = node("value", rm_type, f"{path}/value", inputs=list(inputs), min=0)
    return node(name, "ELEMENT", path, inner, nodeId=at, **more)


ELEMENTS = (
    element("note", "at0002", "DV_TEXT", min=1),
    element(
        "side",
        "at0003",
        "DV_CODED_TEXT",
        {"suffix": "code", "type": "CODED_TEXT", "list": CODES, "terminology": "local"},
    ),
    element(
        "weight",
        "at0004",
        "DV_QUANTITY",
        {"suffix": "magnitude", "type": "DECIMAL"},
        {"suffix": "unit", "type": "CODED_TEXT", "list": [{"value": "kg", "label": "kg"}]},
    ),
    element("day", "at0006", "DV_DATE", max=2),
)
TREE = node("tree", "ITEM_TREE", f"{ENTRY}/data[at0001]", *ELEMENTS, nodeId="at0001", min=1)
TEMPLATE = composition(node("entry", "EVALUATION", ENTRY, TREE, nodeId=EVALUATION, max=-1), full=True)


def phrase(code: str, terminology: str) -> dict[str, Any]:
    return {"_type": "CODE_PHRASE", "code_string": code, "terminology_id": {"value": terminology}}


def coded(value: str, code: str, terminology: str) -> dict[str, Any]:
    return {"_type": "DV_CODED_TEXT", "value": value, "defining_code": phrase(code, terminology)}


def item(at: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"_type": "ELEMENT", "archetype_node_id": at, "name": {"value": at}, "value": value}


def details(archetype: str) -> dict[str, Any]:
    return {"archetype_id": {"value": archetype}, "rm_version": "1.0.4"}


COMPOSITION: dict[str, Any] = {
    "_type": "COMPOSITION",
    "archetype_node_id": ROOT,
    "name": {"_type": "DV_TEXT", "value": "health"},
    "archetype_details": {**details(ROOT), "template_id": {"value": "health"}},
    "language": phrase("en", "ISO_639-1"),
    "territory": phrase("CH", "ISO_3166-1"),
    "category": coded("event", "433", "openehr"),
    "composer": {"_type": "PARTY_IDENTIFIED", "name": "somebody"},
    "context": {
        "start_time": {"value": "2024-02-03T04:05:06Z"},
        "setting": coded("home", "225", "openehr"),
    },
    "content": [
        {
            "_type": "EVALUATION",
            "archetype_node_id": EVALUATION,
            "archetype_details": details(EVALUATION),
            "name": {"value": "entry"},
            "language": phrase("en", "ISO_639-1"),
            "encoding": phrase("UTF-8", "IANA_character-sets"),
            "subject": {"_type": "PARTY_SELF"},
            "data": {
                "_type": "ITEM_TREE",
                "archetype_node_id": "at0001",
                "name": {"value": "tree"},
                "items": [
                    item("at0002", {"_type": "DV_TEXT", "value": "a"}),
                    item("at0003", coded("left", "at0010", "local")),
                    item("at0004", {"_type": "DV_QUANTITY", "magnitude": 70.5, "units": "kg"}),
                    item("at0006", {"_type": "DV_DATE", "value": "2024-02"}),
                ],
            },
        }
    ],
}
ITEM = "/content/0/data/items"
Change = Callable[[dict[str, Any]], object]


def items(changed: dict[str, Any]) -> list[Any]:
    found: list[Any] = changed["content"][0]["data"]["items"]
    return found


def broken(change: Change) -> list[tuple[Rule, str]]:
    changed = copy.deepcopy(COMPOSITION)
    change(changed)
    return [(each.rule, each.path) for each in validate(TEMPLATE, changed, Format.CANONICAL)]


@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        lambda c: c["content"].append(c["content"][0]),
        lambda c: c.pop("context"),
        lambda c: c.update(composer={"_type": "PARTY_SELF"}),
        lambda c: c["content"][0].update(protocol=None),
        lambda c: items(c)[0].update(name={"_type": "DV_TEXT", "value": "another"}),
        lambda c: (
            items(c)[1].pop("value"),
            items(c)[1].update(null_flavour=coded("unknown", "253", "openehr")),
        ),
        lambda c: items(c)[2]["value"].update(magnitude="70.5"),
        lambda c: items(c)[2]["value"].update(normal_status=phrase("N", "openehr_normal_statuses")),
        lambda c: items(c)[0].update(value=coded("a", "1", "SNOMED-CT")),
    ],
)
def test_what_ehrbase_takes_has_no_problem(change: Change) -> None:
    assert broken(change) == []


@pytest.mark.parametrize(
    ("change", "rule", "path"),
    [
        (lambda c: c.pop("territory"), Rule.MISSING_REQUIRED, "/territory"),
        (lambda c: c.pop("name"), Rule.MISSING_REQUIRED, "/name"),
        (lambda c: c.update(_type="EVALUATION"), Rule.WRONG_TYPE, "/_type"),
        (lambda c: c["language"].update(code_string="xx"), Rule.UNKNOWN_CODE, "/language/code_string"),
        (
            lambda c: c["category"]["defining_code"].update(code_string="999"),
            Rule.UNKNOWN_CODE,
            "/category/defining_code/code_string",
        ),
        (
            lambda c: c["context"]["setting"].update(value="house"),
            Rule.WRONG_RUBRIC,
            "/context/setting/value",
        ),
        (lambda c: c["context"].pop("start_time"), Rule.MISSING_REQUIRED, "/context/start_time"),
        (lambda c: c.update(composer={"_type": "PARTY_IDENTIFIED"}), Rule.MISSING_REQUIRED, "/composer"),
        (
            lambda c: c["archetype_details"]["template_id"].update(value="sickness"),
            Rule.WRONG_TEMPLATE,
            "/archetype_details/template_id/value",
        ),
        (lambda c: c["content"][0].pop("_type"), Rule.WRONG_TYPE, "/content/0/_type"),
        (lambda c: c["content"][0].pop("subject"), Rule.MISSING_REQUIRED, "/content/0/subject"),
        (lambda c: c["content"][0].update(subject=5), Rule.WRONG_TYPE, "/content/0/subject"),
        (
            lambda c: c["content"][0].pop("archetype_details"),
            Rule.MISSING_REQUIRED,
            "/content/0/archetype_details",
        ),
        (
            lambda c: c["content"][0].update(archetype_node_id="openEHR-EHR-EVALUATION.other.v1"),
            Rule.NOT_IN_TEMPLATE,
            "/content/0",
        ),
        (lambda c: items(c).pop(0), Rule.MISSING_REQUIRED, ITEM),
        (lambda c: items(c).extend([items(c)[3]] * 2), Rule.TOO_MANY, ITEM),
        (
            lambda c: items(c).append(item("at0099", {"_type": "DV_TEXT", "value": "a"})),
            Rule.NOT_IN_TEMPLATE,
            f"{ITEM}/4",
        ),
        (lambda c: items(c)[1].pop("value"), Rule.MISSING_REQUIRED, f"{ITEM}/1/value"),
        (
            lambda c: items(c)[1].update(null_flavour=coded("unknown", "253", "openehr")),
            Rule.CHOICE,
            f"{ITEM}/1/null_flavour",
        ),
        (
            lambda c: items(c)[1].update(value={"_type": "DV_TEXT", "value": "left"}),
            Rule.WRONG_TYPE,
            f"{ITEM}/1/value/_type",
        ),
        (
            lambda c: items(c)[1].update(value=coded("left", "at0099", "local")),
            Rule.UNKNOWN_CODE,
            f"{ITEM}/1/value/defining_code/code_string",
        ),
        (
            lambda c: items(c)[1].update(value=coded("right", "at0010", "local")),
            Rule.WRONG_RUBRIC,
            f"{ITEM}/1/value/value",
        ),
        (lambda c: items(c)[2]["value"].update(units="stone"), Rule.UNKNOWN_UNIT, f"{ITEM}/2/value/units"),
        (lambda c: items(c)[2]["value"].pop("magnitude"), Rule.MISSING_REQUIRED, f"{ITEM}/2/value/magnitude"),
        (
            lambda c: items(c)[2]["value"].update(magnitude="x"),
            Rule.WRONG_FORMAT,
            f"{ITEM}/2/value/magnitude",
        ),
        (lambda c: items(c)[3]["value"].update(value="2024-13"), Rule.WRONG_FORMAT, f"{ITEM}/3/value/value"),
        (lambda c: items(c)[3]["value"].update(value="now"), Rule.WRONG_FORMAT, f"{ITEM}/3/value/value"),
    ],
)
def test_what_breaks_a_rule_is_refused_at_its_pointer(change: Change, rule: Rule, path: str) -> None:
    assert broken(change) == [(rule, path)]


def test_an_attribute_that_no_class_has_is_told_though_ehrbase_drops_it() -> None:
    found = validate(TEMPLATE, COMPOSITION | {"colour": "red"}, Format.CANONICAL)
    assert [(each.rule, each.path) for each in found] == [(Rule.UNKNOWN_PATH, "/colour")]
    assert not is_refused(found)


def test_without_the_full_tree_nothing_is_refused_for_not_being_in_it() -> None:
    web = composition(node("entry", "EVALUATION", ENTRY, TREE, nodeId=EVALUATION, max=-1))
    changed = copy.deepcopy(COMPOSITION)
    items(changed).append(item("at0099", {"_type": "DV_TEXT", "value": "a"}))
    assert validate(web, changed, Format.CANONICAL) == []


def test_a_cluster_holds_something() -> None:
    web = composition(node("entry", "EVALUATION", ENTRY, TREE, nodeId=EVALUATION, max=-1))
    changed = copy.deepcopy(COMPOSITION)
    empty = {"_type": "CLUSTER", "archetype_node_id": "at0099", "name": {"value": "a"}, "items": []}
    items(changed).append(empty)
    (found,) = validate(web, changed, Format.CANONICAL)
    assert (found.rule, found.path) == (Rule.CARDINALITY, f"{ITEM}/4/items")
