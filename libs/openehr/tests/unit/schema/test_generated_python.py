"""Pydantic models of a small template: what they take and write, and that no label becomes code."""

import ast
import keyword
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openward_openehr.schema import python_models
from openward_openehr.schema.naming import class_name, field_name
from openward_openehr.web_template.model import WebTemplate
from pydantic import BaseModel, ValidationError

Json = dict[str, Any]
HOSTILE = (
    '"""',
    "'''",
    '"); import os; os.abort() #',
    "\\",
    '\\"',
    "line\nbreak\r\u2028\x00",
    "*/ alert(1) /*",
    "class",
    "model_config",
    "__class__",
    "\u202egnp.exe",
    "{0} %s ${x}",
    "Größe",
    "体温",
    "copy",
    "",
)
hostile_text = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12))


@contextmanager
def loaded(source: str, name: str = "generated") -> Iterator[ModuleType]:
    """As imported: Pydantic finds the names of annotations in it."""
    module = sys.modules[name] = ModuleType(name)
    try:
        exec(compile(source, "generated.py", "exec"), module.__dict__)  # noqa: S102  it is what is tested
        yield module
    finally:
        del sys.modules[name]


@pytest.fixture(scope="module")
def models(template: WebTemplate) -> Iterator[ModuleType]:
    with loaded(python_models(template)) as module:
        module.Composition.model_rebuild()
        yield module


def written(model: BaseModel) -> Json:
    return model.model_dump(by_alias=True, exclude_none=True, mode="json")


def test_what_was_read_is_written_again(models: ModuleType, visit: Json) -> None:
    assert written(models.Composition.model_validate(visit)) == visit


def test_models_are_made_by_names_of_python(models: ModuleType, visit: Json) -> None:
    vitals = models.Vitals(
        pulse=[models.Pulse(magnitude=72, unit="/min")],
        temperature=[models.Temperature(magnitude=37.5, unit="Cel")],
        position=[models.Position(code="at0007"), models.Position(code="at0008")],
        time=["2024-05-06T07:08:09Z"],
    )
    made = models.Visit(
        vitals=[vitals],
        territory=[models.Territory(code="DE", terminology="ISO_3166-1")],
        composer=[models.PartyProxy(name="Dr. A")],
    )
    assert written(models.Composition(visit=made)) == visit


@pytest.mark.parametrize(
    "change",
    [
        {"pulse": [{"|magnitude": 300}]},
        {"pulse": [{"|magnitude": 72, "|unit": "/h"}]},
        {"pulse": []},
        {"pulse": None},
        {"temperature": [{"|magnitude": 100, "|unit": "Cel"}]},
        {"position": [{"|code": "at0001"}]},
        {"count": [1, 2, 3, 4]},
        {"time": ["yesterday"]},
        {"unknown": ["x"]},
    ],
)
def test_models_refuse(models: ModuleType, visit: Json, change: Json) -> None:
    visit["visit"]["vitals"][0] |= change
    with pytest.raises(ValidationError):
        models.Composition.model_validate(visit)


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": [{"|magnitude": 100, "|unit": "[degF]"}]},
        {"pulse": [{"_null_flavour": [{"|code": "253"}]}]},
        {"position": ["at0007"], "device": ["x", {"|value": "y", "|formatting": "plain"}][:1]},
        {"count": [{"|value": 3, "|accuracy": 1.5}]},
    ],
)
def test_models_take(models: ModuleType, visit: Json, change: Json) -> None:
    visit["visit"]["vitals"][0] |= change
    assert written(models.Composition.model_validate(visit)) == visit


def test_a_value_read_beside_its_attributes_is_written_as_ehrbase_takes_it(
    models: ModuleType, visit: Json
) -> None:
    time = {"|value": "2024-05-06", "|magnitude_status": "~"}
    visit["visit"]["vitals"][0]["time"] = [time]

    read = models.Composition.model_validate(visit)

    assert written(read)["visit"]["vitals"][0]["time"] == [{"": "2024-05-06", "|magnitude_status": "~"}]


def test_docstrings_hold_label_unit_and_range(template: WebTemplate) -> None:
    source = python_models(template, "de")
    assert '"""Lage: Des Patienten."""' in source
    assert '"""Pulse: Unit: /min (0 <= magnitude < 300)."""' in source


def test_the_same_template_has_the_same_module(template: WebTemplate) -> None:
    assert python_models(template) == python_models(template)


@settings(max_examples=30, deadline=None)
@given(texts=st.lists(hostile_text, min_size=1, max_size=4))
def test_no_text_of_a_template_becomes_code(
    template: WebTemplate, with_texts: Callable[[list[str]], WebTemplate], texts: list[str]
) -> None:
    tree = ast.parse(python_models(with_texts(texts)))
    ordinary = ast.parse(python_models(template))
    assert {type(each) for each in tree.body} == {type(each) for each in ordinary.body}
    assert called(tree) <= called(ordinary)
    names = [each.name for each in tree.body if isinstance(each, ast.ClassDef)]
    assert len(names) == len({name.casefold() for name in names})


def called(tree: ast.AST) -> set[str]:
    """Everything that is called or read, but for names of its own classes and fields."""
    own = {each.name for each in ast.walk(tree) if isinstance(each, ast.ClassDef)}
    functions = {ast.unparse(each.func) for each in ast.walk(tree) if isinstance(each, ast.Call)}
    return functions - own


@settings(max_examples=4, deadline=None)
@given(texts=st.lists(hostile_text, min_size=1, max_size=4))
def test_modules_with_hostile_labels_can_be_used(
    with_texts: Callable[[list[str]], WebTemplate], texts: list[str]
) -> None:
    with loaded(python_models(with_texts(texts)), "hostile") as module:
        assert module.Composition.model_json_schema()["title"] == "Composition"


@given(hostile_text)
@example("None")
@example("true")
def test_names_are_identifiers(text: str) -> None:
    for name in (class_name(text), field_name(text)):
        assert name.isascii()
        assert name.isidentifier()
        assert not keyword.iskeyword(name)
        assert not hasattr(BaseModel, name)
