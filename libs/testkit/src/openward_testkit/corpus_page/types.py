"""Whether generated sources compile, all of a language in one run of its compiler."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from openward_cli.stack import REPOSITORY

_MYPY: Final = re.compile(r"^(?P<file>[^:\n]+)\.py:\d+: error: (?P<why>.*)$", re.MULTILINE)
_TSC: Final = re.compile(r"^(?P<file>[^(\n]+)\.ts\(\d+,\d+\): error (?P<why>.*)$", re.MULTILINE)
_STRICT: Final = """
[mypy]
strict = True
plugins = pydantic.mypy
[pydantic-mypy]
init_typed = True
"""


def python_errors(folder: Path) -> dict[str, str]:
    """By module the first error that mypy finds in strict mode."""
    settings = folder / "mypy.ini"
    settings.write_text(
        "[mypy]\nstrict = True\nplugins = pydantic.mypy\n[pydantic-mypy]\ninit_typed = True\n"
    )
    cache = REPOSITORY / ".mypy_cache" / "generated"
    command = (sys.executable, "-m", "mypy", f"--config-file={settings}", f"--cache-dir={cache}", ".")
    return _errors(command, folder, _MYPY)


def typescript_errors(folder: Path) -> dict[str, str]:
    """By module the first error that tsc finds in strict mode."""
    tsc = REPOSITORY / "node_modules" / ".bin" / "tsc"
    files = sorted(file.name for file in folder.glob("*.ts"))
    command = (str(tsc), "--strict", "--noEmit", "--target", "es2022", "--module", "es2022", *files)
    return _errors(command, folder, _TSC)


def _errors(command: tuple[str, ...], folder: Path, said: re.Pattern[str]) -> dict[str, str]:
    """Raises CalledProcessError when the compiler could not work."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"}
    )
    errors = {Path(found["file"]).name: found["why"] for found in reversed(list(said.finditer(done.stdout)))}
    if done.returncode and not errors:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return errors
