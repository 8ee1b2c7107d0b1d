"""Queries for every template of openEHR_SDK's test data, whose compositions EHRbase holds.

That artifact has templates and compositions, and no query; so they are made of what the templates constrain:
each archetype, and the paths to values. Maven fetches it (openward_testkit.corpus); nothing of it is in here.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from clinical.domain.aql import Scope, bind_to_ehrs, read, restricted
from openward_testkit import corpus

_NS = {"o": "http://schemas.openehr.org/v1", "xsi": "http://www.w3.org/2001/XMLSchema-instance"}
_TYPE = f"{{{_NS['xsi']}}}type"
#: Of the paths of one template, so many are asked; all are read.
ASKED_PATHS = 4


@dataclass(frozen=True)
class Template:
    template_id: str
    opt: bytes
    archetypes: tuple[tuple[str, str], ...]
    paths: tuple[tuple[str, str, str], ...]

    def queries(self) -> Iterator[str]:
        """First those of all compositions and entries, then one for each path."""
        name = self.template_id.replace("\\", "\\\\").replace("'", "\\'")
        of_template = f"c/archetype_details/template_id/value = '{name}'"
        for kind, archetype in self.archetypes:
            if kind == "COMPOSITION":
                yield f"SELECT c/uid/value, c/name/value FROM EHR e CONTAINS COMPOSITION c[{archetype}]"
                yield f"SELECT c FROM EHR e CONTAINS COMPOSITION c[{archetype}] WHERE {of_template}"
            else:
                contained = f"EHR e CONTAINS COMPOSITION c CONTAINS {kind} x[{archetype}]"
                yield f"SELECT c/uid/value, x/name/value FROM {contained} WHERE {of_template}"
                yield f"SELECT COUNT(*), MAX(c/context/start_time/value) FROM {contained}"
        yield f"SELECT c/uid/value FROM COMPOSITION c[archetype_details/template_id/value='{name}']"
        for kind, archetype, path in self.paths:
            contained = f"EHR e CONTAINS COMPOSITION c CONTAINS {kind} x[{archetype}]"
            yield f"SELECT x/{path} AS found FROM {contained} WHERE {of_template} -- {len(path)}"

    def asked(self) -> list[str]:
        queries = list(self.queries())
        general = len(queries) - len(self.paths)
        step = max(1, len(self.paths) // ASKED_PATHS)
        return queries[:general] + queries[general::step]


def template(file: Path) -> Template | None:
    root = ET.parse(file).getroot()  # noqa: S314  pinned by version and fetched by Maven
    template_id = root.findtext("o:template_id/o:value", namespaces=_NS)
    definition = root.find("o:definition", _NS)
    if not template_id or definition is None:
        return None
    roots = [(_text(node, "rm_type_name"), _archetype(node), node) for node in _archetype_roots(definition)]
    paths = {
        (kind, archetype, path)
        for kind, archetype, node in roots
        if kind in {"OBSERVATION", "EVALUATION", "ACTION", "INSTRUCTION", "ADMIN_ENTRY"}
        for path in _value_paths(node, ())
    }
    archetypes = dict.fromkeys((kind, archetype) for kind, archetype, _ in roots)
    return Template(template_id, file.read_bytes(), tuple(archetypes), tuple(sorted(paths)))


def _archetype_roots(definition: ET.Element) -> Iterator[ET.Element]:
    return (node for node in definition.iter() if node.find("o:archetype_id", _NS) is not None)


def _archetype(node: ET.Element) -> str:
    return node.findtext("o:archetype_id/o:value", default="", namespaces=_NS)


def _text(node: ET.Element, name: str) -> str:
    return node.findtext(f"o:{name}", default="", namespaces=_NS)


def _value_paths(node: ET.Element, steps: tuple[str, ...]) -> Iterator[str]:
    for attribute in node.findall("o:attributes", _NS):
        name = _text(attribute, "rm_attribute_name")
        for child in attribute.findall("o:children", _NS):
            if name == "value" and _text(node, "rm_type_name") == "ELEMENT":
                yield "/".join((*steps, "value"))
            elif child.get(_TYPE) == "C_COMPLEX_OBJECT" and _text(child, "node_id").startswith("at"):
                yield from _value_paths(child, (*steps, f"{name}[{_text(child, 'node_id')}]"))


@pytest.fixture(scope="module")
def templates() -> dict[str, Template]:
    found = [template(opt.path) for opt in corpus.opts()]
    return {each.template_id: each for each in found if each is not None}


@pytest.fixture(scope="module")
async def filled(ehrbase: Any, templates: dict[str, Template]) -> Any:
    """EHRbase with what it takes of the templates and compositions, and with an example of each template."""
    stored = 0
    for each in templates.values():
        opt = {"content": each.opt, "headers": {"Content-Type": "application/xml"}}
        if (await ehrbase.client.post("definition/template/adl1.4", **opt)).status_code in (201, 409):
            stored += await _store(ehrbase, await _example(ehrbase, each.template_id))
    for file in sorted((corpus.files() / "composition" / "canonical_json").glob("*.json")):
        stored += await _store(ehrbase, json.loads(file.read_bytes()))
    assert stored >= 40
    return ehrbase


async def _example(ehrbase: Any, template_id: str) -> Any:
    path = f"definition/template/adl1.4/{quote(template_id)}/example"
    answer = await ehrbase.client.get(path, params={"format": "JSON"})
    return answer.json() if answer.is_success else None


async def _store(ehrbase: Any, composition: Any) -> bool:
    if not isinstance(composition, dict) or composition.get("_type") != "COMPOSITION":
        return False
    composition.pop("uid", None)  # of another system
    answer = await ehrbase.client.post(f"ehr/{ehrbase.mine}/composition", json=composition)
    return bool(answer.is_success)


def test_there_are_many_queries_and_all_are_read(templates: dict[str, Template]) -> None:
    queries = {query for each in templates.values() for query in each.queries()}

    assert len(templates) >= 50
    assert len(queries) >= 1500
    for query in queries:
        again = read(restricted(query, Scope()))
        assert [str(token) for token in again.tokens] == [str(token) for token in read(query).tokens]


async def test_ehrbase_answers_them_printed_and_bound_as_it_does_as_they_are(
    filled: Any, templates: dict[str, Template]
) -> None:
    everybody, found = await filled.ehr_ids(), 0
    for query in dict.fromkeys(query for each in templates.values() for query in each.asked()):
        raw = await filled.ask(query)
        printed = await filled.ask(restricted(query, Scope()))
        bound = await filled.ask(bind_to_ehrs(query, everybody))

        assert printed.in_any_order == raw.in_any_order, query
        assert bound.in_any_order == raw.in_any_order, query
        found += bool(raw.rows)
    assert found >= 100
