"""TypeScript types of a small template: what they say, and that no label becomes code."""

import json
import re
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from openward_openehr.schema import typescript
from openward_openehr.web_template.model import WebTemplate

HOSTILE = (
    "*/ alert(1); /*",
    '"',
    "\\",
    "\n",
    "\u2028",
    "'`${x}",
    "@deprecated {",
    "*",
    "/",
    "体温",
    "constructor",
    "",
)
hostile_text = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12))
COMMENT_OR_TEXT = re.compile(r'/\*\*[^\n]*?\*/|"(?:[^"\\\n]|\\.)*"')
#: What is left of a module without comments and texts.
ORDINARY = re.compile(r"(?:export interface \w+(?: extends \w+)? \{|[\w?:;|\[\]()}, -]|\.|\s)*", re.ASCII)
INTERFACE = re.compile(r"^export interface (\w+)", re.MULTILINE)


def property_of(source: str, interface: str, name: str) -> str:
    body = source.partition(f"export interface {interface} ")[2].partition("\n}")[0]
    (found,) = re.findall(rf'^  "{re.escape(name)}"(.*);$', body, re.MULTILINE)
    return str(found)


def test_properties_have_the_types_of_the_template(template: WebTemplate) -> None:
    source = typescript(template)
    assert property_of(source, "Pulse", "|magnitude") == ": number"
    assert property_of(source, "Pulse", "|unit") == '?: "/min"'
    assert property_of(source, "Temperature", "|unit") == ': "Cel" | "[degF]"'
    assert property_of(source, "Position", "|code") == ': "at0007" | "at0008"'
    assert property_of(source, "Vitals", "pulse") == ": [Pulse | Null]"
    assert property_of(source, "Vitals", "count") == "?: (number | ElementDvCount | Null)[]"
    assert property_of(source, "Composition", "visit") == ": Visit"
    assert property_of(source, "Composition", "ctx") == "?: Ctx"


def test_comments_hold_label_unit_and_range(template: WebTemplate) -> None:
    source = typescript(template, "de")
    assert "/** Lage: Des Patienten. */\nexport interface Position " in source
    assert "/** Pulse: Unit: /min (0 <= magnitude < 300). */" in source
    assert '  /** Range: >= 0 and < 300 */\n  "|magnitude": number;' in source


def test_the_same_template_has_the_same_module(template: WebTemplate) -> None:
    assert typescript(template) == typescript(template)


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(hostile_text, min_size=1, max_size=4))
def test_no_text_of_a_template_becomes_code(
    with_texts: Callable[[list[str]], WebTemplate], texts: list[str]
) -> None:
    source = typescript(with_texts(texts))

    assert ORDINARY.fullmatch(COMMENT_OR_TEXT.sub("", source))
    for literal in re.findall(r'^  ("(?:[^"\\\n]|\\.)*")\??: ', source, re.MULTILINE):
        assert isinstance(json.loads(literal), str)
    names = INTERFACE.findall(source)
    assert len(names) == len({name.casefold() for name in names})
