"""Compositions that EHRbase and we judge: both take them, or both refuse them.

A sample: of each template of openEHR_SDK's test data its full example, and four mutations of it. Thousands of
others, with other seeds and with EHRbase's own examples, are agreed on in the same way. What we tell but
EHRbase does not mind is `tolerated`, and counts as taken.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from openward_cli.servers import ehrbase
from openward_cli.stack import Stack
from openward_openehr import validation
from openward_openehr.examples import Detail, Format, example
from openward_openehr.simplified import FlatPathMalformed, to_structured
from openward_openehr.web_template import compiling
from openward_testkit import corpus
from openward_testkit.ehrbase_template import upload
from openward_testkit.example_sweep import new_ehr
from openward_testkit.mutations import Mutation, mutate_canonical, mutate_flat

REFUSED = 400
#: EHRbase refuses these templates themselves: a data type that it does not have, an id that is there already.
NOT_STORED = {"unsupported_data_type_dv_scale", "Virologischer_Befund"}
#: By template, why EHRbase refuses every composition in a simplified format, or fails at it.
UNUSABLE = {
    "aql_demo.hip.de.v0": "an archetype of demographics, which EHRbase stores nothing of",
    "minimal_action2": "a data type that it cannot make an object of",
    "wordwithandin_test.v0": "a duration among alternatives, at which it fails",
    "section_cardinality": "sections without content, which have no place of their own",
}
OPTS = [opt for opt in corpus.opts() if opt.name not in NOT_STORED | UNUSABLE.keys()]


@pytest.fixture(scope="module")
async def cdr(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    auth = (ehrbase.USER, stack.secret("ehrbase.user.password").read_text().strip())
    address = f"{stack.ehrbase_url}/rest/openehr/v1"
    async with httpx.AsyncClient(base_url=address, auth=auth, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def ehr_id(cdr: httpx.AsyncClient) -> str:
    return await new_ehr(cdr)


def cases(number: int, opt: corpus.Opt) -> list[tuple[validation.Format, Mutation]]:
    """The example as it is, and changed in each format."""
    web, full = compiling.compile(opt.read()), compiling.compile_full(opt.read())
    flat = example(web, Format.FLAT, Detail.FULL, number)
    canonical = example(web, Format.CANONICAL, Detail.FULL, number, full=full)
    chosen = [(validation.Format.FLAT, mutate_flat(flat, number * 10 + n)) for n in range(2)]
    chosen += [(validation.Format.CANONICAL, mutate_canonical(canonical, number * 10))]
    return [
        (validation.Format.FLAT, Mutation("nothing", "", flat)),
        *chosen,
        *_structured(mutate_flat(flat, number * 10 + 5)),
    ]


def _structured(mutation: Mutation) -> list[tuple[validation.Format, Mutation]]:
    """What FLAT cannot be read as is not in STRUCTURED."""
    try:
        composition = to_structured(mutation.composition)
    except FlatPathMalformed:
        return []
    return [(validation.Format.STRUCTURED, Mutation(mutation.change, mutation.at, composition))]


async def refusal(
    cdr: httpx.AsyncClient,
    ehr_id: str,
    template_id: str,
    form: validation.Format,
    composition: dict[str, Any],
) -> str | None:
    params = {} if form is validation.Format.CANONICAL else {"format": form.value, "templateId": template_id}
    answer = await cdr.post(
        f"ehr/{ehr_id}/composition",
        params=params,
        content=json.dumps(composition),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
    )
    return answer.text[:300] if answer.status_code >= REFUSED else None


@pytest.mark.parametrize(("number", "opt"), list(enumerate(OPTS)), ids=[opt.name for opt in OPTS])
async def test_what_ehrbase_refuses_is_refused_and_nothing_else(
    cdr: httpx.AsyncClient, ehr_id: str, number: int, opt: corpus.Opt
) -> None:
    await upload(cdr, opt.read())
    web = compiling.compile(opt.read())
    compiled = validation.compile(web, compiling.compile_full(opt.read()))
    given = cases(number, opt)
    refusals = await asyncio.gather(
        *(refusal(cdr, ehr_id, web.template_id, form, mutation.composition) for form, mutation in given)
    )
    different = []
    for (form, mutation), said in zip(given, refusals, strict=True):
        problems = validation.validate(compiled, mutation.composition, form)
        if validation.is_refused(problems) != (said is not None):
            different.append((form.value, mutation.change, mutation.at, said, problems))
    assert different == []
