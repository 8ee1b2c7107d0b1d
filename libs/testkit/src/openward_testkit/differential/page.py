"""`docs/differences.md`: the table, for people.

python -m openward_testkit.differential.page            write it
python -m openward_testkit.differential.page --check    fail when it is not what the table says
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from openward_cli.stack import REPOSITORY

from openward_testkit.differential.rules import Rule
from openward_testkit.differential.table import PARTS

PAGE: Final = REPOSITORY / "docs" / "differences.md"
_HEAD: Final = """\
# What differs from EHRbase

A client written for EHRbase works here with another base URL and a token. `tests/e2e/differential` sends the
same requests, more than 800, to EHRbase 2.16 and through the gateway. What is in no table is the same:
status, headers, body and `message`. Generated from `openward_testkit.differential`: each row explains
differences that the test finds, each difference has one row.
"""


def text() -> str:
    return "\n".join([_HEAD, *(line for part, rules in PARTS.items() for line in _part(part, rules))])


def _part(name: str, rules: Sequence[Rule]) -> Iterator[str]:
    yield f"## {name}\n"
    yield "| | where | EHRbase | here | why |"
    yield "|---|---|---|---|---|"
    for rule in rules:
        cells = (f"`{rule.name}`", rule.where, rule.theirs, rule.ours, rule.why)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def main(arguments: Sequence[str], page: Path = PAGE) -> int:
    """0 when the page is, or now is, as it should be."""
    if "--check" not in arguments:
        page.write_text(text(), encoding="utf-8")
    elif not page.exists() or page.read_text(encoding="utf-8") != text():
        sys.stderr.write(f"{page.name} is out of date: run python -m openward_testkit.differential.page\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
