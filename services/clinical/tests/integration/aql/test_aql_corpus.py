"""Our queries, asked as they are and as the service asks them: EHRbase answers the same."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from clinical.domain.aql import Scope, bind_to_ehrs, population, restricted
from clinical.domain.errors import QueryNotBound, QueryUnreadable
from openward_cli.demo import vital_signs

_CORPUS = (Path(__file__).parents[2] / "aql" / "queries.txt").read_text(encoding="utf-8")
_CASES = re.findall(r"^#(!?) ([\w-]+): .*\n((?:(?!#!? [\w-]+: ).*\n)+)", _CORPUS, re.MULTILINE)
READABLE = [pytest.param(text, id=name) for wrong, name, text in _CASES if not wrong]
UNREADABLE = [pytest.param(text, id=name) for wrong, name, text in _CASES if wrong]


@pytest.fixture(scope="module")
async def everything(ehrbase: Any) -> Scope:
    """All EHRs and templates that EHRbase holds."""
    templates = await ehrbase.client.get("definition/template/adl1.4")
    return Scope(await ehrbase.ehr_ids(), [each["template_id"] for each in templates.json()])


def given(ehrbase: Any) -> dict[str, Any]:
    return {"ehr_id": ehrbase.mine, "template": vital_signs.TEMPLATE_ID, "name": "Vital signs", "min": 125}


@pytest.mark.parametrize("text", READABLE)
async def test_ehrbase_answers_the_printed_query_as_it_answers_the_query(ehrbase: Any, text: str) -> None:
    raw = await ehrbase.ask(text, given(ehrbase))
    printed = await ehrbase.ask(restricted(text, Scope()), given(ehrbase))

    assert printed.columns == raw.columns
    assert printed.in_any_order == raw.in_any_order


@pytest.mark.parametrize("text", UNREADABLE)
async def test_ehrbase_refuses_what_is_refused_here(ehrbase: Any, text: str) -> None:
    with pytest.raises(QueryUnreadable):
        restricted(text, Scope())

    assert (await ehrbase.ask(text, given(ehrbase))).status == 400


@pytest.mark.parametrize("text", READABLE)
async def test_bound_to_all_ehrs_the_answer_is_the_same(ehrbase: Any, everything: Scope, text: str) -> None:
    raw = await ehrbase.ask(text, given(ehrbase))
    try:
        bound = bind_to_ehrs(text, everything.ehr_ids or ())
    except QueryNotBound:
        assert raw.status == 400
        return

    assert (await ehrbase.ask(bound, given(ehrbase))).in_any_order == raw.in_any_order


@pytest.mark.parametrize("text", READABLE)
async def test_bound_to_all_ehrs_and_templates_the_answer_is_the_same(
    ehrbase: Any, everything: Scope, text: str
) -> None:
    raw = await ehrbase.ask(text, given(ehrbase))
    try:
        bound = restricted(text, everything)
    except QueryNotBound:
        return
    if raw.status == 200:
        assert (await ehrbase.ask(bound, given(ehrbase))).in_any_order == raw.in_any_order


@pytest.mark.parametrize("text", READABLE)
async def test_over_all_ehrs_each_row_is_the_same_and_says_whose_it_is(ehrbase: Any, text: str) -> None:
    allowed = await ehrbase.ask("SELECT e/ehr_id/value FROM EHR e WHERE e/ehr_status/is_queryable = true")
    ehr_ids = [row[0] for row in allowed.rows]
    try:
        asked = population(text, "mark")
        raw = await ehrbase.ask(bind_to_ehrs(text, ehr_ids), given(ehrbase))
    except QueryNotBound:
        return
    if raw.status != 200:
        return
    answer = await ehrbase.ask(asked.text, given(ehrbase))
    if asked.searched is None:
        assert {row.pop() for row in answer.rows} <= {"mark"}
        assert {row.pop() for row in answer.rows} <= set(ehr_ids)
    else:
        searched = await ehrbase.ask(asked.searched, given(ehrbase))
        assert {row[0] for row in searched.rows} <= set(ehr_ids)

    assert answer.in_any_order == raw.in_any_order


@pytest.mark.parametrize("text", READABLE)
async def test_bound_to_one_ehr_nothing_of_another_comes_out(ehrbase: Any, text: str) -> None:
    try:
        bound = bind_to_ehrs(text, [ehrbase.mine])
    except QueryNotBound:
        return
    answer = await ehrbase.ask(bound, given(ehrbase))

    said = json.dumps(answer.rows)
    assert ehrbase.foreign not in said
    assert ehrbase.foreign_uid not in said
    assert "177.25" not in said


async def test_of_no_template_nothing_comes_out(ehrbase: Any) -> None:
    counted = "SELECT COUNT(c) FROM EHR e CONTAINS COMPOSITION c"
    entries = "SELECT o/name/value FROM OBSERVATION o"

    assert (await ehrbase.ask(restricted(counted, Scope(template_ids=["other"])))).rows == [[0]]
    assert (await ehrbase.ask(restricted(entries, Scope(template_ids=["other"])))).rows == []
    assert (await ehrbase.ask(restricted(entries, Scope(template_ids=[])))).rows == []
    assert (await ehrbase.ask(restricted(entries, Scope(template_ids=["it's", "\\"])))).rows == []


async def test_who_may_see_no_ehr_sees_no_row(ehrbase: Any) -> None:
    assert (await ehrbase.ask(bind_to_ehrs("SELECT e/ehr_id/value FROM EHR e", []))).rows == []
