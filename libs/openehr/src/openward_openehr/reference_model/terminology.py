"""The openEHR terminology: what its codes say, in English. Source: openEHR support terminology, release 3."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

Group = Mapping[str, str]


def rubric(code: str) -> str | None:
    """What the code says, such as `event` for 433."""
    return _rubrics().get(code)


@cache
def groups() -> Mapping[str, Group]:
    """By name (`composition category`): codes with what they say. Lines of `openehr_terms.txt`."""
    text = files(__package__).joinpath("openehr_terms.txt").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = {}
    group: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith(" "):
            code, _, says = line.strip().partition(" ")
            group[code] = says
        else:
            group = found[line] = {}
    return found


@cache
def _rubrics() -> Mapping[str, str]:
    return {code: says for group in groups().values() for code, says in group.items()}
