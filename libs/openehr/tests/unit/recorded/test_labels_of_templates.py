"""Labels of our own templates: what was written in one language is told in the other."""

from collections.abc import Callable
from types import ModuleType

import pytest
from openward_cli.demo import laboratory, medication, problem_list
from openward_openehr.examples import Detail, Format, example
from openward_openehr.recorded.labels import Labels
from openward_openehr.recorded.model import Recorded
from openward_openehr.recorded.reading import read
from openward_openehr.web_template import WebTemplate, compiling

TEMPLATES = [problem_list, medication, laboratory]
KIND = pytest.mark.parametrize("kind", TEMPLATES, ids=lambda each: each.__name__.rpartition(".")[2])


def written(kind: ModuleType, language: str, seed: int) -> Recorded:
    template, full = compiling.compile(kind.opt()), compiling.compile_full(kind.opt())
    return read(example(template, Format.CANONICAL, Detail.FULL, seed, language, full))


@KIND
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("own", "other"), [("en", "de"), ("de", "en")])
@pytest.mark.parametrize("compile_", [compiling.compile, compiling.compile_full])
def test_names_are_told_in_the_other_language(
    kind: ModuleType, seed: int, own: str, other: str, compile_: Callable[[bytes], WebTemplate]
) -> None:
    labels = Labels.of(compile_(kind.opt()))
    entries, others = written(kind, own, seed).entries, written(kind, other, seed).entries
    told = [
        (labels.sections(entry, other), labels.entry(entry, other), labels.value(entry, value, other))
        for entry in entries
        for value in entry.values
    ]
    assert told == [(entry.sections, entry.name, value.names) for entry in others for value in entry.values]


@KIND
@pytest.mark.parametrize("seed", range(5))
def test_codes_are_told_in_the_other_language(kind: ModuleType, seed: int) -> None:
    template = compiling.compile(kind.opt())
    inputs = [given for node in template.tree.walk() for given in node.inputs]
    german = {
        (choice.value, choice.localized_labels.get("de"))
        for given in inputs
        for choice in given.choices
        if given.suffix != "unit"
    }
    labels = Labels.of(template)
    codes = [
        (code.code, labels.code(entry, value, code, "de"), code.text)
        for entry in written(kind, "en", seed).entries
        for value in entry.values
        for code in value.codes
        if code.terminology != "openehr"
    ]
    assert codes
    assert {(code, label) for code, label, _ in codes} <= german
    assert any(label != text for _, label, text in codes)
