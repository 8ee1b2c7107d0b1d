"""A Python module of Pydantic models for the STRUCTURED compositions of a template.

Written here instead of by a generator of code from JSON Schema: one that is good for every schema is a heavy
dependency, takes seconds, and does not know what a unit, a code or a null flavour is. The text needs nothing
but Pydantic 2; `model_dump(by_alias=True, exclude_none=True, mode="json")` is what EHRbase takes.
"""

from collections.abc import Iterator
from typing import Final

from openward_openehr.schema import typed
from openward_openehr.schema.model import Limits, Model, Record, Scalar
from openward_openehr.schema.naming import one_line, python_text
from openward_openehr.schema.reference_model import PATTERNS
from openward_openehr.schema.typed import TypedClass, TypedField
from openward_openehr.simplified import Kind

_TYPES: Final = {Kind.INTEGER: "int", Kind.DECIMAL: "float", Kind.BOOLEAN: "bool"}
_LIMITS: Final = {"minimum": "ge", "maximum": "le", "above": "gt", "below": "lt"}
_NAMED_KINDS: Final = {
    Kind.DATE: "DateText",
    Kind.TIME: "TimeText",
    Kind.DATETIME: "DateTimeText",
    Kind.DURATION: "DurationText",
}
#: Names that the module has besides those of its classes.
RESERVED: Final = frozenset(
    {"AliasChoices", "Annotated", "BaseModel", "ConfigDict", "Field", "Literal", "Self", "StructuredModel"}
    | {"None", "True", "False", "model_validator", *_NAMED_KINDS.values()}
)
_HEAD: Final = """\
from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

"""
_BASE: Final = '''

class StructuredModel(BaseModel):
    """What is not of the template is refused; fields are given by their names here or in the document."""

    model_config = ConfigDict(
        extra="forbid", populate_by_name=True, protected_namespaces=(), defer_build=True
    )
'''


def module(model: Model) -> str:
    """Its whole text; `Composition` is what is sent."""
    made = typed.classes(model, RESERVED)
    told = f'"""Compositions of the template {_documented(model.template_id)}, in the STRUCTURED format."""'
    kinds = [
        f"{name} = Annotated[str, Field(pattern={python_text(f'^(?:{PATTERNS[kind]})$')})]"
        for kind, name in _NAMED_KINDS.items()
    ]
    head = f"{told}\n\n{_HEAD}" + "\n".join(kinds) + _BASE
    return "\n\n".join([head, *(_class(each) for each in made)])


def _documented(text: str) -> str:
    return python_text(one_line(text))[1:-1]


def _class(each: TypedClass) -> str:
    body = [_docstring(each.record), *(_field(field) for field in each.fields), *_unit_check(each)]
    head = f"class {each.name}({each.base or 'StructuredModel'}):"
    return "\n".join([head, *(f"    {line}" for line in body), ""])


def _unit_check(each: TypedClass) -> list[str]:
    if not any(unit.magnitude for unit in each.record.units):
        return []
    names = {field.field.key: field.name for field in each.fields}
    tests = [
        f"if self.{names['|unit']} == {python_text(unit.unit)} and not ({_test(unit.magnitude)}):"
        for unit in each.record.units
        if unit.magnitude
    ]
    required = {field.field.key for field in each.fields if field.required}
    refused = "    raise ValueError('magnitude is out of the range of its unit')"
    return [
        "",
        "@model_validator(mode='after')",
        "def _is_in_the_range_of_its_unit(self) -> Self:",
        f"    magnitude = self.{names['|magnitude']}",
        *(["    if magnitude is None:", "        return self"] if "|magnitude" not in required else []),
        *(f"    {line}" for test in tests for line in (test, refused)),
        "    return self",
    ]


def _test(limits: Limits) -> str:
    compared = {"minimum": ">=", "maximum": "<=", "above": ">", "below": "<"}
    tests = [f"magnitude {sign} {getattr(limits, name)!r}" for name, sign in compared.items()]
    return " and ".join(test for test in tests if not test.endswith("None"))


def _docstring(record: Record) -> str:
    return f'"""{_documented(_said(record) or f"{record.name} of the reference model.")}"""'


def _said(record: Record) -> str:
    about = record.about
    return (
        "" if about is None else f"{about.title}: {about.description}" if about.description else about.title
    )


def _field(field: TypedField) -> str:
    annotation = _annotation(field)
    optional = "" if field.required else " | None"
    arguments = ", ".join(_arguments(field))
    written = f"Annotated[{annotation}{optional}, Field({arguments})]" if arguments else annotation + optional
    return f"{field.name}: {written}{'' if field.required else ' = None'}"


def _arguments(field: TypedField) -> Iterator[str]:
    of, key = field.field.of, field.field.key
    if field.also is not None:
        keys = f"{python_text(key)}, {python_text(field.also)}"
        yield f"validation_alias=AliasChoices({keys}), serialization_alias={python_text(key)}"
    elif key != field.name:
        yield f"alias={python_text(key)}"
    if field.field.only_read:
        yield "exclude=True"
    if isinstance(of, Scalar):
        yield from _constraints(of)
    elif field.field.is_list:
        yield from _size(field)
    if isinstance(of, Record) and (said := _said(of)):
        yield f"description={python_text(one_line(said))}"


def _size(field: TypedField) -> Iterator[str]:
    if field.field.least:
        yield f"min_length={field.field.least}"
    if field.field.most is not None:
        yield f"max_length={field.field.most}"


def _constraints(of: Scalar) -> Iterator[str]:
    if not (typed.is_listed(of)):
        for name, keyword in _LIMITS.items():
            if (bound := getattr(of.limits, name)) is not None:
                yield f"{keyword}={bound!r}"


def _annotation(field: TypedField) -> str:
    of = field.field.of
    if isinstance(of, Scalar):
        one = _scalar(of)
        return f"{one} | list[{one}]" if field.field.repeats else one
    kinds = [] if field.bare is None else [_constrained(field.bare)]
    kinds += [field.class_of] if field.class_of else []
    kinds += ["Null"] if field.or_null else []
    together = " | ".join(kinds)
    return f"list[{together}]" if field.field.is_list else together


def _constrained(of: Scalar) -> str:
    limits = ", ".join(_constraints(of))
    return f"Annotated[{_scalar(of)}, Field({limits})]" if limits else _scalar(of)


def _scalar(of: Scalar) -> str:
    """Patterns of templates are left out: Pydantic may not know their dialect."""
    if typed.is_listed(of):
        return f"Literal[{', '.join(dict.fromkeys(_literal(code.value) for code in of.codes))}]"
    return _NAMED_KINDS.get(of.kind, _TYPES.get(of.kind, "str"))


def _literal(value: str | int) -> str:
    return python_text(value) if isinstance(value, str) else repr(value)
