"""Well-formed XML with holes in it: compiled as far as it goes, or refused in our words."""

import copy
import json
from random import Random

import pytest
from lxml import etree
from openward_cli.demo import vital_signs
from openward_openehr import opt, web_template
from openward_openehr.web_template import document

ROOT = etree.fromstring(vital_signs.opt())
TEXTS = ("", "  ", "x", "-1", "9" * 30, "1e999", "NaN", "P1.5D", "true", "at0000")


def damaged(seed: int) -> bytes:
    chance = Random(seed)  # noqa: S311  not for secrets
    root = copy.deepcopy(ROOT)
    for element in chance.sample(list(root.iter())[1:], k=chance.randint(1, 25)):
        above = element.getparent()
        assert above is not None
        match chance.randrange(4):
            case 0:
                above.remove(element)
            case 1:
                element.text = chance.choice(TEXTS)
            case 2:
                element.attrib.clear()
            case _:
                above.append(copy.deepcopy(chance.choice(list(root.iter()))))
    return etree.tostring(root)


def read(source: bytes) -> opt.Opt | str:
    """The problem, where it is refused."""
    try:
        return opt.read(source)
    except opt.OptInvalid as refused:
        return refused.problem


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_template_is_compiled_or_refused(seed: int) -> None:
    found = read(damaged(seed))
    if isinstance(found, str):
        assert found.startswith("it has no")
    else:
        written = document.write(web_template.compile(found))
        assert document.write(document.read(json.loads(json.dumps(written, allow_nan=False)))) == written
        assert web_template.compile_full(found).template_id == written["templateId"]
