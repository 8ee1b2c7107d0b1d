"""Templates and compositions of openEHR_SDK's test data, which Maven fetches (infra/ehrbase/test-data).

Nothing of it is in the repository; Maven asks its own repository only if it does not hold the artifact.
"""

import fcntl
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from openward_cli.stack import REPOSITORY

_EHRBASE: Final = REPOSITORY / "infra" / "ehrbase"
_FILES: Final = _EHRBASE / "target" / "test-data" / "files"


@dataclass(frozen=True)
class Opt:
    """An operational template; `path` is below `files()`, its stem the template's short name."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    def read(self) -> bytes:
        return self.path.read_bytes()


@cache
def files() -> Path:
    """The folder with `operationaltemplate`, `composition`, … Raises CalledProcessError if Maven cannot."""
    if not _FILES.is_dir():
        _FILES.parent.mkdir(parents=True, exist_ok=True)
        with (_FILES.parent.parent / "test-data.lock").open("w") as lock:  # tests run side by side
            fcntl.flock(lock, fcntl.LOCK_EX)
            pom = str(_EHRBASE / "test-data" / "pom.xml")
            subprocess.run(("mvn", "--quiet", "--batch-mode", "--file", pom, "package"), check=True)  # noqa: S607  Maven is on the path, as for the stack
    return _FILES


def opts() -> tuple[Opt, ...]:
    """All 61, in the order of their names. One file beside them is an archetype's example, not an OPT."""
    return tuple(Opt(path) for path in sorted((files() / "operationaltemplate").glob("*.opt")))


def opt(name: str) -> Opt:
    """That of `<name>.opt`."""
    return Opt(files() / "operationaltemplate" / f"{name}.opt")
