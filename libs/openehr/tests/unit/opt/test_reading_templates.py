"""An operational template read: its constraints, with lines; and what is none."""

import pytest
from openward_openehr import opt
from openward_openehr.opt.model import (
    ArchetypeSlot,
    CodeObject,
    ComplexObject,
    Constraint,
    Interval,
    OrdinalObject,
    PrimitiveObject,
    QuantityObject,
    Reference,
)
from openward_testkit import opts


def constraints(source: bytes, kind: type[Constraint]) -> list[Constraint]:
    return [each for each in opt.read(source).definition.walk() if isinstance(each, kind)]


def of_value(value: str) -> bytes:
    return opts.composition(opts.observation(opts.element("at0004", value), terms={"at0004": "Rate"}))


def test_a_template_says_who_and_what_it_is() -> None:
    read = opt.read(opts.composition(languages=("en", "de")))

    assert (read.template_id, read.language, read.languages) == ("small.v1", "en", ("en", "de"))
    assert read.definition.archetype_id == opts.COMPOSITION
    assert read.definition.terms["at0000"].text == "Report"
    assert read.definition.terms["at0000"].description == "about Report"


def test_constraints_know_their_lines() -> None:
    source = of_value(opts.text()).replace(b"<children", b"\n<children")
    lines = [each.line for each in opt.read(source).definition.walk()]

    assert lines == list(range(1, len(lines) + 1))


def test_occurrences_and_existence_are_read() -> None:
    element = next(
        each for each in opt.read(of_value(opts.text())).definition.walk() if each.node_id == "at0004"
    )

    assert isinstance(element, ComplexObject)
    assert (element.rm_type, element.min, element.max) == ("ELEMENT", 0, 1)
    assert [(each.name, each.existence_min, each.multiple) for each in element.attributes] == [
        ("value", 1, False)
    ]


def test_quantities_have_units_with_bounds() -> None:
    unit = (
        f"<list>{opts.interval('magnitude', (0.5, None))}"
        f"{opts.interval('precision', (0, 2))}<units>kg</units></list>"
    )
    assumed = "<assumed_value><magnitude>70</magnitude><units>kg</units></assumed_value>"
    (quantity,) = constraints(
        of_value(opts.constraint("DV_QUANTITY", assumed, unit, kind="C_DV_QUANTITY")), QuantityObject
    )

    assert isinstance(quantity, QuantityObject)
    assert (quantity.assumed_magnitude, quantity.assumed_units) == (70, "kg")
    assert quantity.units[0].magnitude == Interval(0.5, None, line=1)
    assert quantity.units[0].precision == Interval(0, 2, line=1)


def test_scales_are_read_as_ordinals_of_any_number() -> None:
    symbol = "<symbol><defining_code><code_string>at0010</code_string></defining_code></symbol>"
    value = opts.constraint("DV_SCALE", f"<list><value>1.5</value>{symbol}</list>", kind="C_DV_SCALE")
    (scale,) = constraints(of_value(value), OrdinalObject)

    assert isinstance(scale, OrdinalObject)
    assert [(each.value, each.symbol.code) for each in scale.values] == [(1.5, "at0010")]


def test_slots_and_references_are_read() -> None:
    includes = "<includes><string_expression>a/value matches {/x/}</string_expression></includes>"
    slot = opts.constraint("CLUSTER", includes, kind="ARCHETYPE_SLOT", code="at0009")
    reference = opts.constraint("CODE_PHRASE", "<reference>ac0001</reference>", kind="CONSTRAINT_REF")
    source = opts.composition(
        opts.observation(slot, opts.element("at0004", reference), terms={"at0004": "Rate"})
    )

    (found,), (referring,) = constraints(source, ArchetypeSlot), constraints(source, Reference)
    assert isinstance(found, ArchetypeSlot)
    assert isinstance(referring, Reference)
    assert found.includes == ("a/value matches {/x/}",)
    assert referring.target == "ac0001"


def test_a_constraint_of_an_unknown_kind_is_kept_as_such() -> None:
    source = of_value(opts.constraint("DV_TEXT", kind="C_SOMETHING"))

    assert [each.kind for each in opt.read(source).definition.walk()][-1] == "C_SOMETHING"


def test_codes_and_primitives_are_read() -> None:
    source = of_value(opts.coded("at0010", "at0011") + opts.text("a", "b"))
    (_, code), (primitive,) = constraints(source, CodeObject), constraints(source, PrimitiveObject)

    assert isinstance(code, CodeObject)
    assert isinstance(primitive, PrimitiveObject)
    assert (code.terminology, code.codes) == ("local", ("at0010", "at0011"))
    assert primitive.item
    assert (primitive.item.type, primitive.item.values) == ("C_STRING", ("a", "b"))


def test_bindings_annotations_and_defaults_are_read() -> None:
    bound = (
        '<term_bindings terminology="SNOMED-CT"><items code="at0000"><value><terminology_id>'
        "<value>SNOMED-CT</value></terminology_id><code_string>364075005</code_string></value></items>"
        "</term_bindings>"
    )
    pulse = opts.root(opts.OBSERVATION, terms={"at0000": "Pulse"}, more=bound)
    proposed = opts.default(
        "[x]/content",
        "value",
        "DV_CODED_TEXT",
        "<defining_code><code_string>at1</code_string></defining_code>",
    )
    more = opts.annotation("[x]/content", hint="here") + f"<constraints>{proposed}</constraints>"
    read = opt.read(opts.composition(pulse, more=more))

    (found,) = [each for each in read.definition.walk() if each.rm_type == "OBSERVATION"]
    assert [(each.code, each.target_code) for each in found.bindings] == [("at0000", "364075005")]  # type: ignore[attr-defined]  # an archetype root
    assert [(each.path, each.items) for each in read.annotations] == [("[x]/content", {"hint": "here"})]
    assert [(each.path, each.field, each.value) for each in read.defaults] == [
        ("/content/value", "defining_code", "at1")
    ]


def nested(times: int) -> bytes:
    items = opts.element("at0004", opts.text())
    for _ in range(times):
        items = opts.constraint("CLUSTER", opts.many("items", items), code="at0005")
    return opts.composition(opts.observation(items, terms={"at0004": "Rate", "at0005": "Group"}))


def test_numbers_that_are_none_are_read_as_zero() -> None:
    value = opts.constraint("DV_SCALE", "<list><value>1e999</value></list>", kind="C_DV_SCALE")
    (scale,) = constraints(of_value(value), OrdinalObject)

    assert isinstance(scale, OrdinalObject)
    assert scale.values[0].value == 0


def test_templates_may_be_nested_only_so_deep() -> None:
    assert sum(each.rm_type == "CLUSTER" for each in opt.read(nested(90)).definition.walk()) == 90
    with pytest.raises(opt.OptInvalid, match="more than 100 objects"):
        opt.read(nested(100))


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (b"<template/>", "not a template"),
        (b'<archetype xmlns="http://schemas.openehr.org/v1"/>', "not a template"),
        (b'<template xmlns="http://schemas.openehr.org/v1"/>', "no definition"),
        (opts.composition().replace(b"small.v1</value>", b" </value>"), "no template_id"),
        (opts.composition().replace(b"<code_string>en</code_string>", b""), "no language"),
        (opts.composition().replace(b"<rm_type_name>DV_CODED_TEXT</rm_type_name>", b""), "no rm_type_name"),
        (opts.composition().replace(b"category</rm_attr", b"</rm_attr"), "no rm_attribute_name"),
    ],
)
def test_what_is_no_template_is_refused(source: bytes, problem: str) -> None:
    with pytest.raises(opt.OptInvalid, match=problem):
        opt.read(source)


def test_untrusted_xml_is_read_with_care() -> None:
    with pytest.raises(opt.XmlForbidden):
        opt.read(b"<!DOCTYPE t [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><t>&a;</t>")
    with pytest.raises(opt.XmlTooComplex):
        opt.read(b"<t>" * 300 + b"</t>" * 300)
    with pytest.raises(opt.XmlMalformed) as malformed:
        opt.read(b"<t>\n<a></b></t>")
    assert malformed.value.line == 2
