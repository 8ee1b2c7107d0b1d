"""Schemas and types of every template of openEHR_SDK's test data."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openward_cli.stack import REPOSITORY
from openward_openehr import schema
from openward_openehr.examples import Detail, example
from openward_openehr.examples import Format as ExampleFormat
from openward_openehr.opt import Opt, read
from openward_openehr.schema import Format, json_schema
from openward_openehr.simplified import to_flat
from openward_openehr.web_template import compiling
from openward_openehr.web_template.model import WebTemplate
from openward_testkit import corpus

#: Of each template one of these, in turn: 240 validations of one example each take a minute.
SAMPLES = [(form, detail) for detail in Detail for form in Format]


@dataclass(frozen=True)
class Compiled:
    name: str
    opt: Opt
    template: WebTemplate

    def example(self, form: Format, detail: Detail) -> dict[str, Any]:
        full = compiling.compile_full(self.opt)
        made = example(self.template, ExampleFormat(form.value), detail, full=full)
        assert isinstance(made, dict)
        return made


@pytest.fixture(scope="module")
def compiled() -> list[Compiled]:
    opts = [(each.name, read(each.read())) for each in corpus.opts()]
    return [Compiled(name, opt, compiling.compile(opt)) for name, opt in opts]


@pytest.fixture(scope="module")
def python_files(compiled: list[Compiled], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("types")
    for i, each in enumerate(compiled):
        (folder / f"generated_{i}.py").write_text(schema.python_models(each.template), encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


def test_schemas_take_examples_that_ehrbase_takes(compiled: list[Compiled]) -> None:
    refused = {}
    for i, each in enumerate(compiled):
        form, detail = SAMPLES[i % len(SAMPLES)]
        found = json_schema(each.template, form)
        Draft202012Validator.check_schema(found)
        errors = list(Draft202012Validator(found).iter_errors(each.example(form, detail)))
        if errors:
            refused[each.name, form, detail] = [error.message[:200] for error in errors]
    assert not refused


def test_models_pass_mypy_strict(python_files: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "."]
    checked = subprocess.run(command, cwd=python_files, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout[-2000:]


def test_types_pass_the_typescript_compiler(compiled: list[Compiled], tmp_path: Path) -> None:
    """With an example of each as a value of its type."""
    for i, each in enumerate(compiled):
        value = json.dumps(each.example(Format.STRUCTURED, Detail.MINIMAL))
        used = f"export const example: Composition = {value};\n"
        (tmp_path / f"t{i}.ts").write_text(schema.typescript(each.template) + used, encoding="utf-8")
    tsc = str(REPOSITORY / "node_modules" / ".bin" / "tsc")
    files = [path.name for path in tmp_path.glob("*.ts")]
    command = [tsc, "--strict", "--noEmit", "--target", "es2020", *files]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout[:2000]


def test_models_read_and_write_examples(compiled: list[Compiled], python_files: Path) -> None:
    """A third of the templates: Pydantic builds some hundred models of each."""
    for i, each in list(enumerate(compiled))[::3]:
        assert (python_files / f"generated_{i}.py").exists()
        module = importlib.import_module(f"generated_{i}")
        given = each.example(Format.STRUCTURED, Detail.FULL)
        written = module.Composition.model_validate(given).model_dump(
            by_alias=True, exclude_none=True, mode="json"
        )
        assert flat(written) == flat(given), each.name


def flat(structured: dict[str, Any]) -> dict[str, Any]:
    """`""` beside a suffix and `|value` are the same where both are taken."""
    return {path.removesuffix("|value"): value for path, value in to_flat(structured).items()}
