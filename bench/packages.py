"""What only a benchmark needs: pinned, each set in an environment of its own under .run that is made once."""

import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
#: Not the folder of a stack, which `openward clean` empties: no stack has a name with a dot.
FOLDER: Final = ROOT / ".run" / ".bench"


@dataclass(frozen=True)
class Environment:
    """`requirements` is the name of a lock file."""

    name: str
    requirements: str

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def prepare(self) -> Path:
        """Its site-packages."""
        stamp = self.folder / "requirements.sha256"
        requirements = ROOT / "requirements" / f"{self.requirements}.txt"
        wanted = sha256(requirements.read_bytes()).hexdigest()
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(self.folder, ignore_errors=True)
            venv.create(self.folder, with_pip=False)
            install = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(self.python))
            exactly = ("--no-deps", "--require-hashes", "-r", str(requirements))
            subprocess.run([*install, *exactly], check=True)  # noqa: S603  fixed arguments
            stamp.write_text(wanted)
        return next(self.folder.glob("lib/python*/site-packages"))
