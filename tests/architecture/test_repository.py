"""What the structure promises, checked over the files of the repository."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("patients", "clinical", "templates", "audit")
MAX_LINES, MAX_TEST_LINES, MAX_FUNCTION_LINES = 300, 400, 40

REGISTRIES = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|(?:repo\d?\.)?maven|(?:deb\.)?debian|crates|golang)\.(?:org|com|io)\b"
)
# Put together here so that this file does not hold what it looks for.
PRIVATE_KEY = re.compile("-----BEGIN [A-Z ]*PRIVATE" + " KEY-----")
#: Of a group, not of a class; a comma follows where it is a class that holds these signs.
POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{[\d,]+\})\+(?!,)")
UNFINISHED = re.compile(
    "TO" + "DO|FIX" + "ME|NotImplemented" + "Error|mark\\.x" + "fail|mark\\.s" + "kip|pytest\\.s" + "kip"
)


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts(*suffixes: str) -> Iterator[tuple[Path, str]]:
    for path in tracked():
        if suffixes and path.suffix not in suffixes:
            continue
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_modules_are_small() -> None:
    def limit(path: Path) -> int:
        return MAX_TEST_LINES if "tests" in path.parts else MAX_LINES

    long = [named(path) for path, text in texts(".py", ".mjs") if text.count("\n") > limit(path)]

    assert long == []


def statements(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_functions_are_small() -> None:
    long = [
        f"{named(path)}:{node.name}"
        for path, text in texts(".py")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and statements(node) > MAX_FUNCTION_LINES
    ]

    assert long == []


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "util", "helpers", "common", "manager", "misc"}

    assert [named(path) for path, _ in texts(".py") if path.stem in drawers] == []


def test_tests_are_no_packages() -> None:
    assert [named(p) for p in tracked() if p.name == "__init__.py" and "tests" in p.parts] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_files(service: str) -> None:
    package = ROOT / "services" / service / "src" / service
    expected = ("__main__.py", "app.py", "bootstrap.py", "settings.py", "domain", "api/routes.py", "adapters")

    assert [name for name in expected if not (package / name).exists()] == []


def test_no_registry_is_named() -> None:
    assert [named(path) for path, text in texts() if REGISTRIES.search(text)] == []


def test_no_private_key_is_kept() -> None:
    assert [named(path) for path, text in texts() if PRIVATE_KEY.search(text)] == []


def test_nothing_is_left_unfinished() -> None:
    here = Path(__file__)

    assert [
        named(path) for path, text in texts(".py", ".mjs") if path != here and UNFINISHED.search(text)
    ] == []


def test_no_expression_has_a_possessive_group() -> None:
    """Python before 3.11.5 (Debian 12: 3.11.2) matches them wrongly: gh-106052. Atomic groups do the same."""
    assert [named(path) for path, text in texts(".py") if POSSESSIVE_GROUP.search(text)] == []


def test_readmes_of_members_are_short() -> None:
    members = [
        path.parent for pattern in ("libs/*", "services/*") for path in ROOT.glob(f"{pattern}/README.md")
    ]

    assert len(members) == len(SERVICES) + 6
    assert [named(m) for m in members if (m / "README.md").read_text().count("\n") > 40] == []
