"""Web templates of every template of openEHR_SDK's test data: ours, and those of the EHRbase of the stack."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from openward_cli.servers import ehrbase
from openward_cli.stack import Stack
from openward_openehr import opt as operational_templates
from openward_openehr import web_template
from openward_openehr.reference_model.types import is_a
from openward_openehr.web_template import document
from openward_openehr.web_template.comparing import differences
from openward_testkit import corpus, opts
from openward_testkit.changed_opts import changed

ADL = "definition/template/adl1.4"
#: EHRbase has no DV_SCALE; there is nothing to compare with.
REFUSED = {"unsupported_data_type_dv_scale"}
OPTS = corpus.opts()
TERMS = {"at0004": "Größe (1.)", "at0005": "名前", "at0006": "नाम", "at0007": "Größe (1.)", "at0010": "3 rd"}


@pytest.fixture(scope="module")
async def cdr(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    auth = (ehrbase.USER, stack.secret("ehrbase.user.password").read_text().strip())
    address = f"{stack.ehrbase_url}/rest/openehr/v1"
    async with httpx.AsyncClient(base_url=address, auth=auth, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def sources() -> Mapping[str, bytes]:
    """By file name. Two files have one template id and say different things: the second gets another."""
    found: dict[str, bytes] = {}
    ids = set()
    for each in OPTS:
        found[each.name] = each.read()
        template_id = operational_templates.read(found[each.name]).template_id
        if template_id in ids:
            old, new = (f"<value>{id_}</value>".encode() for id_ in (template_id, f"{template_id} (2)"))
            found[each.name] = found[each.name].replace(old, new, 1)
        ids.add(template_id)
    return found


async def theirs(cdr: httpx.AsyncClient, source: bytes, template_id: str) -> Any:
    """EHRbase's web template."""
    found = await theirs_if_any(cdr, source, template_id)
    assert found is not None
    return found


async def theirs_if_any(cdr: httpx.AsyncClient, source: bytes, template_id: str) -> Any:
    """Uploaded if it is not there yet; None where EHRbase refuses the template or fails on it."""
    await cdr.post(ADL, content=source, headers={"Content-Type": "application/xml"})
    answer = await cdr.get(f"{ADL}/{quote(template_id)}", headers={"Accept": "application/openehr.wt+json"})
    return answer.json() if answer.status_code == httpx.codes.OK else None


@pytest.mark.parametrize("name", [opt.name for opt in OPTS if opt.name not in REFUSED])
async def test_a_template_of_the_corpus_has_the_web_template_of_ehrbase(
    cdr: httpx.AsyncClient, sources: Mapping[str, bytes], name: str
) -> None:
    compiled = web_template.compile(sources[name])

    found = differences(document.write(compiled), await theirs(cdr, sources[name], compiled.template_id))

    assert [str(each) for each in found] == []


async def test_templates_that_nobody_has_seen_have_the_web_templates_of_ehrbase(
    cdr: httpx.AsyncClient,
) -> None:
    """A sample of 40; of 300, all 293 that EHRbase can compile are equal."""
    compared = 0
    for seed in range(40):
        template_id, source = changed(seed)
        ours = document.write(web_template.compile(source))
        if (given := await theirs_if_any(cdr, source, template_id)) is not None:
            assert [str(each) for each in differences(ours, given)] == [], template_id
            compared += 1
    assert compared >= 35


async def test_a_template_of_names_in_many_scripts_has_the_web_template_of_ehrbase(
    cdr: httpx.AsyncClient,
) -> None:
    items = [
        opts.element("at0004", opts.constraint("DV_COUNT")),
        opts.element("at0005", opts.coded("at0010"), opts.text()),
        opts.element("at0006"),
        opts.element("at0007", opts.constraint("DV_DURATION"), name=opts.named("Größe (1.)", "zwei")),
    ]
    source = opts.composition(opts.observation(*items, terms=TERMS), languages=("en", "nb", "pt-br", "zh-cn"))
    source = source.replace(b"small.v1", b"web_template_scripts.v1")

    found = differences(
        document.write(web_template.compile(source)), await theirs(cdr, source, "web_template_scripts.v1")
    )

    assert [str(each) for each in found] == []


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_template_that_ehrbase_refuses_is_compiled(sources: Mapping[str, bytes], name: str) -> None:
    nodes = list(web_template.compile(sources[name]).tree.walk())

    assert "DV_SCALE" in {node.rm_type for node in nodes}


@pytest.mark.parametrize("name", [opt.name for opt in OPTS])
def test_full_trees_hold_every_constraint_of_an_object(sources: Mapping[str, bytes], name: str) -> None:
    read = operational_templates.read(sources[name])
    full = web_template.compile_full(read)

    constrained = {
        each.node_id
        for each in read.definition.walk()
        if each.kind == "C_COMPLEX_OBJECT" and each.node_id and is_a(each.rm_type, "LOCATABLE")
    }
    assert constrained <= {node.node_id for node in full.tree.walk()}
