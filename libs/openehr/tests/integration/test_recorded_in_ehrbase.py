"""The AQL that goes with a value, asked of the EHRbase of the stack: examples of the test data."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from openward_cli.servers import ehrbase
from openward_cli.stack import Stack
from openward_openehr.examples import Detail, Format, example
from openward_openehr.opt import read as read_opt
from openward_openehr.recorded.model import Entry, Recorded, Value
from openward_openehr.recorded.queries import aql
from openward_openehr.recorded.reading import read
from openward_openehr.web_template import compiling
from openward_testkit import corpus
from openward_testkit.ehrbase_template import upload
from openward_testkit.example_sweep import new_ehr

#: EHRbase has no such data type.
NOT_STORED = {"unsupported_data_type_dv_scale"}
OPTS = [opt for opt in corpus.opts() if opt.name not in NOT_STORED]
#: Of each kind of value at each attribute.
SAMPLED = 3
PLACE = re.compile(r"\[(?:[^\]']*,)?\d+\]")


@pytest.fixture(scope="module")
async def cdr(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    auth = (ehrbase.USER, stack.secret("ehrbase.user.password").read_text().strip())
    address = f"{stack.ehrbase_url}/rest/openehr/v1"
    async with httpx.AsyncClient(base_url=address, auth=auth, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def ehr_id(cdr: httpx.AsyncClient) -> str:
    return await new_ehr(cdr)


def sampled(recorded: Recorded) -> Iterator[tuple[Entry, Value]]:
    seen: Counter[tuple[str, str]] = Counter()
    for entry in recorded.entries:
        for value in entry.values:
            kind = value.node.rpartition("/")[2], value.rm_type
            seen[kind] += 1
            if seen[kind] <= SAMPLED:
                yield entry, value


def expected(value: Value, row: list[Any]) -> bool:
    (answer,) = row
    if value.rm_type == "ELEMENT":
        return bool(answer["value"] == value.text)
    without_bytes = {name: each for name, each in answer.items() if name not in ("data", "thumbnail")}
    return value.content == (without_bytes if value.rm_type == "DV_MULTIMEDIA" else answer)


@pytest.mark.parametrize("opt", OPTS, ids=[opt.name for opt in OPTS])
async def test_aql_gives_the_value_back(cdr: httpx.AsyncClient, ehr_id: str, opt: corpus.Opt) -> None:
    await upload(cdr, opt.read())
    template = read_opt(opt.read())
    written = example(
        compiling.compile(template),
        Format.CANONICAL,
        Detail.FULL,
        seed=3,
        full=compiling.compile_full(template),
    )
    headers = {"Content-Type": "application/json", "Prefer": "return=representation"}
    answer = await cdr.post(f"ehr/{ehr_id}/composition", content=json.dumps(written), headers=headers)
    assert answer.is_success, answer.text
    stored = answer.json()
    for entry, value in sampled(read(stored)):
        query = aql(entry, value, stored["uid"]["value"], ehr_id)
        answer = await cdr.post("query/aql", json={"q": query})
        assert answer.is_success, (query, answer.text)
        rows = [row for row in answer.json()["rows"] if row != [None]]
        assert any(expected(value, row) for row in rows), query
        if not PLACE.search(entry.path + value.path):
            assert len(rows) == 1, query
