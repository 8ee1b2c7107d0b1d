"""Templates of our own, without a server: nothing is wrong in them, and they speak two languages."""

from types import ModuleType

import pytest
from openward_cli.demo import laboratory, medication, problem_list, vital_signs
from openward_openehr import validation, web_template
from openward_openehr.examples import Detail, Format, example
from openward_openehr.opt import read
from openward_openehr.opt.lint import lint

AT = "2026-11-22T10:00:00Z"
SODIUM = ("2951-2", 139.0, "mmol/L", (135.0, 145.0))
WRITTEN = {
    problem_list: problem_list.flat(("38341003", "44054006"), AT, composer="Ada"),
    medication: medication.flat(("C03CA01", "A10BA02"), "C03CA01", AT, composer="Ada"),
    laboratory: laboratory.flat([[SODIUM], [SODIUM]], AT, composer="Ada"),
    vital_signs: vital_signs.flat(120, 80, AT, composer="Ada"),
}
BILINGUAL = (problem_list, medication, laboratory)
modules = pytest.mark.parametrize("module", BILINGUAL, ids=lambda module: module.TEMPLATE_ID)


@pytest.mark.parametrize("module", [*BILINGUAL, vital_signs], ids=lambda module: module.TEMPLATE_ID)
def test_nothing_is_wrong_in_a_template(module: ModuleType) -> None:
    assert lint(module.opt()) == []
    assert read(module.opt()).template_id == module.TEMPLATE_ID


@modules
def test_everything_that_has_a_name_has_one_in_german_too(module: ModuleType) -> None:
    """What the reference model adds, and the openEHR terminology, have English names only."""
    template = web_template.compile(module.opt())

    named = [node for node in template.tree.walk() if node.localized_names]
    assert len(named) > 8
    assert all(node.localized_names.keys() == {"en", "de"} for node in named)
    inputs = [each for node in named for each in node.inputs if each.terminology not in (None, "openehr")]
    choices = [choice for each in inputs for choice in each.choices]
    assert len(choices) > 8
    assert [choice.value for choice in choices if choice.localized_labels.keys() != {"en", "de"}] == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("detail", Detail)
@pytest.mark.parametrize("form", Format)
@modules
def test_an_example_fits_its_template(module: ModuleType, form: Format, detail: Detail, seed: int) -> None:
    template, full = web_template.compile(module.opt()), web_template.compile_full(read(module.opt()))
    written = example(template, form, detail, seed, full=full)

    compiled = validation.compile(template, full)
    assert validation.validate(compiled, written, validation.Format(form)) == []


@pytest.mark.parametrize(
    ("module", "written"), WRITTEN.items(), ids=lambda each: getattr(each, "__name__", "")
)
def test_what_is_written_with_a_template_fits_it(module: ModuleType, written: dict[str, object]) -> None:
    compiled = validation.compile(
        web_template.compile(module.opt()), web_template.compile_full(read(module.opt()))
    )
    assert validation.validate(compiled, written, validation.Format.FLAT) == []
