"""PostgreSQL refuses root, so for root it runs as another user, from folders which that user can reach."""

import hashlib
import json
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from openward_cli.stack import Stack

UNPRIVILEGED = "nobody"
#: Used when the clone lies below a folder that only root may enter, such as /root.
ELSEWHERE = Path("/var/lib/openward")


class Identity(TypedDict, total=False):
    """Arguments of `subprocess.run`; empty means: as whoever runs the command line."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """Who runs PostgreSQL (`None`: whoever runs the command line), from which program, on which data."""

    user: str | None
    source: Path
    program: Path
    data: Path

    def identity(self) -> Identity:
        return identity_of(self.user) if self.user else Identity()

    def give(self, path: Path) -> None:
        if self.user:
            entry = pwd.getpwnam(self.user)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.give(folder)

    def prepare(self) -> None:
        """Copies the program to where it can be reached, where that is needed and not done yet."""
        if self.program != self.source and not self.program.exists():
            for folder in (ELSEWHERE, self.program.parent):
                folder.mkdir(exist_ok=True)
                folder.chmod(0o755)
            unfinished = self.program.with_name(self.program.name + ".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(self.source, unfinished, symlinks=True)
            unfinished.rename(self.program)


def identity_of(user: str) -> Identity:
    entry = pwd.getpwnam(user)
    return Identity(user=entry.pw_uid, group=entry.pw_gid, extra_groups=[])


def account_for(stack: Stack, program: Path) -> Account:
    data = stack.data_dir / "postgres"
    if os.geteuid() != 0:
        return Account(None, program, program, data)
    if _reaches(program / "bin" / "postgres") and _reaches(stack.data_dir):
        return Account(UNPRIVILEGED, program, program, data)
    home = elsewhere(stack)
    version = json.loads((program.parent / "package.json").read_bytes())["version"]
    return Account(UNPRIVILEGED, program, home / f"program-{version}", home / "data")


def elsewhere(stack: Stack) -> Path:
    """The folder outside of the clone that a stack may need; `clean` removes it too."""
    return ELSEWHERE / f"{hashlib.sha256(str(stack.root).encode()).hexdigest()[:8]}-{stack.stack}"


def _reaches(path: Path) -> bool:
    test = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    return subprocess.run(test, cwd="/", check=False, **identity_of(UNPRIVILEGED)).returncode == 0
