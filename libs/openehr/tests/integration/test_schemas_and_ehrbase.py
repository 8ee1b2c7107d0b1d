"""Schemas and EHRbase judge the same compositions: whole ones, and ones with one thing wrong.

A sample: every sixth template of openEHR_SDK's test data, in both formats, with each wrong that it has a
place for.
"""

import random
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openward_cli.servers import ehrbase
from openward_cli.stack import Stack
from openward_openehr.examples import Detail, example
from openward_openehr.examples import Format as ExampleFormat
from openward_openehr.opt import read
from openward_openehr.schema import Format, json_schema
from openward_openehr.simplified import to_structured
from openward_openehr.web_template import compiling
from openward_testkit import corpus
from openward_testkit.ehrbase_template import upload
from openward_testkit.example_sweep import new_ehr

Flat = dict[str, Any]
Wrong = Callable[[Flat, random.Random], Flat | None]
OPTS = corpus.opts()[::6]


@pytest.fixture(scope="module")
async def cdr(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    auth = (ehrbase.USER, stack.secret("ehrbase.user.password").read_text().strip())
    address = f"{stack.ehrbase_url}/rest/openehr/v1"
    async with httpx.AsyncClient(base_url=address, auth=auth, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def ehr_id(cdr: httpx.AsyncClient) -> str:
    return await new_ehr(cdr)


def put(flat: Flat, dice: random.Random, value: object, *ends: str) -> Flat | None:
    """With another value at one of the paths that end so."""
    paths = sorted(path for path in flat if path.endswith(ends))
    return {**flat, dice.choice(paths): value} if paths else None


def unknown_node(flat: Flat, dice: random.Random) -> Flat:
    return {**flat, f"{dice.choice(sorted(flat)).partition('|')[0]}/no_such_node": "x"}


def unknown_suffix(flat: Flat, dice: random.Random) -> Flat:
    return {**flat, f"{dice.choice(sorted(flat)).partition('|')[0]}|no_such_suffix": "x"}


def text_for_number(flat: Flat, dice: random.Random) -> Flat | None:
    return put(flat, dice, "many", "|magnitude", "|numerator", "|size")


def unknown_territory(flat: Flat, dice: random.Random) -> Flat | None:
    return put(flat, dice, "QQ", "/territory|code")


def unknown_language(flat: Flat, dice: random.Random) -> Flat | None:
    return put(flat, dice, "qq", "/language|code")


def no_time(flat: Flat, dice: random.Random) -> Flat | None:
    return put(flat, dice, "yesterday", "/time", "/start_time")


def no_composer(flat: Flat, _dice: random.Random) -> Flat:
    return {path: value for path, value in flat.items() if "/composer" not in path}


WRONGS: tuple[Wrong, ...] = (
    unknown_node,
    unknown_suffix,
    text_for_number,
    unknown_territory,
    unknown_language,
    no_time,
    no_composer,
)


def judged(flat: Flat, seed: int) -> Iterator[tuple[str, Flat, bool]]:
    """Compositions with a name, and whether they are to be taken."""
    yield "whole", flat, True
    for wrong in WRONGS:
        if (made := wrong(flat, random.Random(seed))) is not None:  # noqa: S311  the same again for the same seed
            yield wrong.__name__, made, False


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("opt", OPTS, ids=[opt.name for opt in OPTS])
async def test_schemas_and_ehrbase_agree(
    cdr: httpx.AsyncClient, ehr_id: str, opt: corpus.Opt, form: Format
) -> None:
    await upload(cdr, opt.read())
    parsed = read(opt.read())
    template = compiling.compile(parsed)
    full = compiling.compile_full(parsed)
    valid = Draft202012Validator(json_schema(template, form)).is_valid
    flat = example(template, ExampleFormat.FLAT, Detail.FULL, full=full)
    assert isinstance(flat, dict)
    verdicts = {}
    for name, composition, taken in judged(flat, OPTS.index(opt)):
        body = to_structured(composition) if form is Format.STRUCTURED else composition
        params = {"format": form.value, "templateId": template.template_id}
        answer = await cdr.post(f"ehr/{ehr_id}/composition", params=params, json=body)
        if (valid(body), answer.is_success) != (taken, taken):
            verdicts[name] = (valid(body), answer.status_code, answer.text[:300])
    assert not verdicts
