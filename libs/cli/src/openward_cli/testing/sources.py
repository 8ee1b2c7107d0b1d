"""Files of the repository by kind, as git knows them."""

import subprocess
from pathlib import Path


def shell(root: Path) -> list[str]:
    return [name for name in _tracked(root, "*.sh", ".ci/run") if (root / name).is_file()]


def dockerfiles(root: Path) -> list[str]:
    return [name for name in _tracked(root, "*.Dockerfile") if (root / name).is_file()]


def node_tests(root: Path) -> list[str]:
    return [name for name in _tracked(root, "*.test.mjs") if (root / name).is_file()]


def _tracked(root: Path, *patterns: str) -> list[str]:
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    return subprocess.run(listing, cwd=root, check=True, capture_output=True, text=True).stdout.splitlines()
