"""Splink and the records, pinned, in an environment under .run that is made once."""

import shutil
import subprocess
import sys
import venv
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "requirements/bench.txt"
#: Not the folder of a stack, which `openward clean` empties: no stack has a name with a dot.
FOLDER = ROOT / ".run/.bench/matching"
PYTHON = FOLDER / "bin/python"


def prepare() -> Path:
    """Its site-packages."""
    stamp = FOLDER / "requirements.sha256"
    wanted = sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(FOLDER, ignore_errors=True)
        venv.create(FOLDER, with_pip=False)
        install = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(PYTHON))
        exactly = ("--no-deps", "--require-hashes", "-r", str(REQUIREMENTS))
        subprocess.run([*install, *exactly], check=True)  # noqa: S603  fixed arguments
        stamp.write_text(wanted)
    return next(FOLDER.glob("lib/python*/site-packages"))
