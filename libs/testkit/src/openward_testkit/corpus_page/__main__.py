"""The page about the test data's templates, made with a new stack (`openward clean`, `openward up`).

python -m openward_testkit.corpus_page            write it
python -m openward_testkit.corpus_page --check    fail when it is not what a stack says now
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from openward_cli.stack import REPOSITORY, Stack

from openward_testkit.corpus_page import page
from openward_testkit.corpus_page.measuring import measured

PAGE: Final = REPOSITORY / "docs" / "templates-corpus.md"


def main(arguments: list[str], file: Path = PAGE) -> int:
    """0 when the page is, or now is, as it should be."""
    made = page.text(asyncio.run(measured(Stack())))
    if "--check" not in arguments:
        file.write_text(made, encoding="utf-8")
    elif not file.exists() or file.read_text(encoding="utf-8") != made:
        sys.stderr.write(f"{file.name} is out of date: run python -m openward_testkit.corpus_page\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
