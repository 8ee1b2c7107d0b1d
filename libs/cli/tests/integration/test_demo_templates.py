"""Templates of our own in the EHRbase of the stack: it reads them as we do, and takes their examples."""

import json
from collections.abc import AsyncIterator
from types import ModuleType

import httpx
import pytest
from openward_cli.demo import laboratory, medication, problem_list, vital_signs
from openward_cli.servers import ehrbase
from openward_cli.stack import Stack
from openward_openehr import web_template
from openward_openehr.examples import Detail, Format
from openward_openehr.web_template import document
from openward_openehr.web_template.comparing import differences
from openward_testkit.ehrbase_template import upload
from openward_testkit.example_sweep import Sample, new_ehr, sweep

WEB_TEMPLATE = {"Accept": "application/openehr.wt+json"}
FORMS = (
    (Format.FLAT, False),
    (Format.STRUCTURED, False),
    (Format.CANONICAL, False),
    (Format.CANONICAL, True),
)
SAMPLES = [Sample(form, detail, seed, xml) for form, xml in FORMS for detail in Detail for seed in range(3)]


@pytest.fixture(scope="module")
async def cdr(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    auth = (ehrbase.USER, stack.secret("ehrbase.user.password").read_text().strip())
    address = f"{stack.ehrbase_url}/rest/openehr/v1"
    async with httpx.AsyncClient(base_url=address, auth=auth, timeout=60) as client:
        yield client


@pytest.mark.parametrize(
    "module", [vital_signs, problem_list, medication, laboratory], ids=lambda module: module.TEMPLATE_ID
)
async def test_ehrbase_reads_a_template_as_we_do_and_takes_its_examples(
    cdr: httpx.AsyncClient, module: ModuleType
) -> None:
    # An id of its own: EHRbase keeps what it has of an id, and that may be of another day.
    template_id = f"{module.TEMPLATE_ID} tested"
    source = module.opt().replace(module.TEMPLATE_ID.encode(), template_id.encode())
    await upload(cdr, source)

    given = await cdr.get(f"definition/template/adl1.4/{template_id}", headers=WEB_TEMPLATE)
    found = differences(document.write(web_template.compile(source)), json.loads(given.content))
    assert [str(each) for each in found] == []

    outcomes = await sweep(cdr, await new_ehr(cdr), source, SAMPLES)
    assert [each for each in outcomes if not each.is_good] == []
