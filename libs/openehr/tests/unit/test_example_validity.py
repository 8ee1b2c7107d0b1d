"""Examples of our own operational template against our own validator."""

import pytest
from openward_cli.demo import vital_signs
from openward_openehr import validation
from openward_openehr.examples import Detail, Format, example
from openward_openehr.web_template import compiling

TEMPLATE = compiling.compile(vital_signs.opt())


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("detail", Detail)
@pytest.mark.parametrize("form", [Format.FLAT, Format.STRUCTURED])
def test_an_example_is_valid(form: Format, detail: Detail, seed: int) -> None:
    compiled = validation.compile(TEMPLATE)
    assert validation.validate(compiled, example(TEMPLATE, form, detail, seed), validation.Format(form)) == []
