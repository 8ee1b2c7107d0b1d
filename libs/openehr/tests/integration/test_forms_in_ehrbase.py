"""Forms of every template of openEHR_SDK's test data, against the EHRbase of the stack."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
from openward_cli.servers import ehrbase
from openward_cli.stack import Stack
from openward_openehr import form, simplified, web_template
from openward_openehr.form import Entry, Field, Form
from openward_openehr.web_template.model import InputType, Range
from openward_testkit import corpus
from openward_testkit.ehrbase_template import upload

ADL: Final = "definition/template/adl1.4"
#: EHRbase refuses these templates themselves: a data type that it does not have, an id that is there already.
NOT_STORED: Final = {"unsupported_data_type_dv_scale", "Virologischer_Befund"}
#: EHRbase 2.16 can store no composition with everything in it, whoever writes it.
IMPOSSIBLE: Final = {
    "RIPPLE-Conformance Test": "types with blanks in their names cannot be made",
    "ehrbase_blood_pressure_simple.de.v0": "the offset of an event is looked for before there is one",
    "wordwithandin_test.v0": "a value of any type ends in an internal error",
}
OPTS: Final = corpus.opts()
STORED: Final = [opt for opt in OPTS if opt.name not in NOT_STORED]
#: Where EHRbase has an example.
WITH_EXAMPLES: Final = [opt for opt in STORED if opt.name not in IMPOSSIBLE]
CONTEXT: Final = {
    "ctx/language": "de",
    "ctx/territory": "DE",
    "ctx/composer_name": "Ada",
    "ctx/time": "2026-11-22T10:00:00Z",
    "ctx/setting": "238",
}
VALUES: Final[dict[InputType, Any]] = {
    "TEXT": "x",
    "CODED_TEXT": "x",
    "BOOLEAN": True,
    "DATE": "2026-11-22",
    "TIME": "10:00:00",
    "DATETIME": "2026-11-22T10:00:00Z",
    "DURATION": "PT1H",
}
SPECIAL: Final = {
    ("uri", None): "ehr://a",
    ("multimedia", "url"): "https://example.org/a",
    ("multimedia", "mediatype"): "text/plain",
}


@pytest.fixture(scope="module")
async def cdr(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    auth = (ehrbase.USER, stack.secret("ehrbase.user.password").read_text().strip())
    address = f"{stack.ehrbase_url}/rest/openehr/v1"
    async with httpx.AsyncClient(base_url=address, auth=auth, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def ehr_id(cdr: httpx.AsyncClient) -> str:
    return (await cdr.post("ehr")).headers["etag"].strip('W/"')


@pytest.mark.parametrize("opt", OPTS, ids=[opt.name for opt in OPTS])
def test_every_leaf_with_inputs_is_one_field(opt: corpus.Opt) -> None:
    template = web_template.compile(opt.read())
    fields = list(every(form.describe(template)))

    assert max(Counter(field.path for field in fields).values()) == 1
    leaves = Counter(node.aql_path for node in template.tree.walk() if node.inputs)
    assert not leaves - Counter(field.aql_path for field in fields)


@pytest.mark.parametrize("opt", WITH_EXAMPLES, ids=[opt.name for opt in WITH_EXAMPLES])
async def test_every_path_of_an_example_is_of_a_field_or_of_an_attribute(
    cdr: httpx.AsyncClient, opt: corpus.Opt
) -> None:
    template = web_template.compile(opt.read())
    described = form.describe(template)
    fields = form.index(described)
    attributes = {f"{each.path}/{name}" for each in described.sections for name in each.attributes}

    await upload(cdr, opt.read())
    example = await cdr.get(f"{ADL}/{quote(template.template_id)}/example", params={"format": "FLAT"})

    paths = {simplified.parse(path).web_template_path for path in example.json()}
    assert not paths - fields.keys() - attributes


@pytest.mark.parametrize("opt", STORED, ids=[opt.name for opt in STORED])
async def test_ehrbase_knows_every_path_that_a_form_fills(
    cdr: httpx.AsyncClient, ehr_id: str, opt: corpus.Opt
) -> None:
    """422 is for what this naive filling breaks: two events where there must be more, texts beside codes."""
    template = web_template.compile(opt.read())

    await upload(cdr, opt.read())
    answer = await cdr.post(
        f"ehr/{ehr_id}/composition",
        params={"templateId": template.template_id, "format": "FLAT"},
        json=filled(form.describe(template)),
    )

    assert "Could not consume" not in answer.text
    assert answer.status_code in (201, 204, 422) or opt.name in IMPOSSIBLE, answer.text


def every(described: Form) -> Iterator[Field]:
    pending = [*described.fields, *described.context]
    while pending:
        field = pending.pop()
        yield field
        pending += field.fields


def filled(described: Form) -> dict[str, Any]:
    """Every field once, and of each choice its first alternative."""
    chosen = {choice.path: choice.fields[0] for choice in described.choices if choice.fields}
    flat: dict[str, Any] = dict(CONTEXT)
    for field in described.fields:
        if field.choice is None or chosen.get(field.choice) == field.path:
            flat |= dict(values(field))
    for field in described.context:  # what nobody gives and nothing derives
        if field.writable and field.required and not field.ctx and field.entries[0].options:
            flat |= dict(values(field))
    return flat


def values(field: Field) -> Iterator[tuple[str, Any]]:
    for entry in field.entries:
        if entry.required or field.widget == "duration":
            yield re.sub(r"\{\d+\}", "0", entry.path), value(field, entry)
    for each in field.fields:
        yield from values(each)


def value(field: Field, entry: Entry) -> Any:
    if entry.fixed is not None:
        return entry.fixed
    if entry.options:
        return entry.options[0].value
    if (field.widget, entry.suffix) in SPECIAL:
        return SPECIAL[field.widget, entry.suffix]
    if entry.type in ("DECIMAL", "INTEGER"):
        units = next((each.options for each in field.entries if each.suffix == "unit"), ())
        found = number(units[0].range if units else entry.range)
        return int(found) if entry.type == "INTEGER" else found
    return VALUES[entry.type]


def number(within: Range | None) -> float:
    if within is None or (within.min is None and within.max is None):
        return 1.0
    if within.min is not None:
        return float(within.min) + (1 if within.min_op == ">" else 0)
    return float(within.max or 0) - (1 if within.max_op == "<" else 0)
