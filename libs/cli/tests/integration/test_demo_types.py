"""The demonstration's typed client is checked against the types that are made of its template."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from openward_cli.demo import vital_signs
from openward_cli.stack import REPOSITORY
from openward_openehr import schema, web_template

CLIENT = REPOSITORY / "libs" / "cli" / "src" / "openward_cli" / "demo" / "typed_vitals.py"

STRICT = """
[mypy]
strict = True
plugins = pydantic.mypy
[pydantic-mypy]
init_typed = True
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the types, and mypy's settings."""
    types = schema.python_models(web_template.compile(vital_signs.opt()))
    (tmp_path / "vital_signs_types.py").write_text(types)
    (tmp_path / "mypy.ini").write_text(STRICT)
    return tmp_path


def checked(folder: Path, source: str) -> str:
    """What mypy says."""
    (folder / "client.py").write_text(source)
    command = (sys.executable, "-m", "mypy", "--config-file=mypy.ini", "client.py")
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"}
    )
    return done.stdout


def test_the_client_fits_the_template_and_what_does_not_is_no_type(folder: Path) -> None:
    source = CLIENT.read_text()

    assert checked(folder, source).startswith("Success")
    for right, wrong in (('"mm[Hg]"', '"kPa"'), ('"at1001"', '"at1002"'), ("diastolic=[", "diastole=[")):
        assert "error:" in checked(folder, source.replace(right, wrong))
