from typing import Any

import pytest
from openward_openehr.validation import Format, Rule, validate
from openward_testkit.web_templates import ITEMS, coded, entry, node, value

TEMPLATE = entry(
    value("note", "DV_TEXT"),
    value("apgar", "DV_COUNT", at="at0009"),
    value("position", "DV_CODED_TEXT", coded("at0010"), at="at0003"),
    node(
        "cluster",
        "CLUSTER",
        f"{ITEMS}[at0005]",
        node("must", "DV_TEXT", f"{ITEMS}[at0005]/items[at0006]/value", min=1),
        node("may", "DV_TEXT", f"{ITEMS}[at0005]/items[at0007]/value"),
        max=-1,
    ),
)
CONTEXT = {"language": ["en"], "territory": ["CH"], "composer_name": ["somebody"]}


def broken(content: dict[str, Any]) -> list[tuple[Rule, str]]:
    composition = {"ctx": CONTEXT, "health": {"entry": [content]}}
    return [(each.rule, each.path) for each in validate(TEMPLATE, composition, Format.STRUCTURED)]


def test_a_composition_of_the_template_has_no_problem() -> None:
    content = {
        "note": ["a"],
        "position": [{"|code": "at0010"}],
        "cluster": [{"must": ["a"]}, {"must": ["b"], "may": ["c"]}],
    }
    assert broken(content) == []


@pytest.mark.parametrize(
    ("content", "rule", "path"),
    [
        ({"apgar": ["many"]}, Rule.WRONG_TYPE, "/health/entry/0/apgar/0"),
        ({"apgar": "many"}, Rule.WRONG_TYPE, "/health/entry/0/apgar"),
        ({"position": [{"|code": "at0099"}]}, Rule.UNKNOWN_CODE, "/health/entry/0/position/0/|code"),
        ({"nots": ["a"], "note": ["b"]}, Rule.UNKNOWN_PATH, "/health/entry/0/nots/0"),
        (
            {"cluster": [{"must": ["a"]}, {"may": ["b"]}]},
            Rule.MISSING_REQUIRED,
            "/health/entry/0/cluster/1/must",
        ),
        ({"note": ["a", "b"]}, Rule.TOO_MANY, "/health/entry/0/note/1"),
        ({"note": [{"|formatting": "a"}]}, Rule.MISSING_SUFFIX, "/health/entry/0/note/0"),
    ],
)
def test_a_problem_has_a_pointer_into_the_document(content: dict[str, Any], rule: Rule, path: str) -> None:
    assert (rule, path) in broken(content)
