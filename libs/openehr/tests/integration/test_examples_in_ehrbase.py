"""Examples of every template of openEHR_SDK's test data, in the EHRbase of the stack.

A sample: of each template a minimal and a full one, in two of four forms that change with the template. All
of them in all forms with more seeds: `openward_testkit.example_sweep`.
"""

from collections.abc import AsyncIterator

import httpx
import pytest
from openward_cli.servers import ehrbase
from openward_cli.stack import Stack
from openward_openehr.examples import Detail, Format
from openward_testkit import corpus
from openward_testkit.ehrbase_template import upload
from openward_testkit.example_sweep import Sample, new_ehr, sweep

FORMS = (
    (Format.FLAT, False),
    (Format.STRUCTURED, False),
    (Format.CANONICAL, False),
    (Format.CANONICAL, True),
)
#: EHRbase has no such data type.
NOT_STORED = {"unsupported_data_type_dv_scale"}
#: By template and form, what EHRbase 2.16 cannot take, whoever writes it.
IMPOSSIBLE = {
    ("section_cardinality", Format.STRUCTURED, False): "sections without content have one place together",
    ("ehrbase_blood_pressure_simple.de.v0", Format.CANONICAL, True): "looks for the offset of an event from "
    "a history that is not there yet when it reads XML",
}
OPTS = [opt for opt in corpus.opts() if opt.name not in NOT_STORED]


@pytest.fixture(scope="module")
async def cdr(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    auth = (ehrbase.USER, stack.secret("ehrbase.user.password").read_text().strip())
    address = f"{stack.ehrbase_url}/rest/openehr/v1"
    async with httpx.AsyncClient(base_url=address, auth=auth, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def ehr_id(cdr: httpx.AsyncClient) -> str:
    return await new_ehr(cdr)


def samples(number: int, name: str) -> list[Sample]:
    minimal, full = FORMS[number % 4], FORMS[(number + 1) % 4]
    chosen = [(Detail.MINIMAL, *minimal), (Detail.FULL, *full)]
    return [
        Sample(form, detail, number, as_xml)
        for detail, form, as_xml in chosen
        if (name, form, as_xml) not in IMPOSSIBLE
    ]


@pytest.mark.parametrize(("number", "opt"), list(enumerate(OPTS)), ids=[opt.name for opt in OPTS])
async def test_ehrbase_takes_examples_and_gives_them_back(
    cdr: httpx.AsyncClient, ehr_id: str, number: int, opt: corpus.Opt
) -> None:
    await upload(cdr, opt.read())
    outcomes = await sweep(cdr, ehr_id, opt.read(), samples(number, opt.name))
    assert [each for each in outcomes if not each.is_good] == []
