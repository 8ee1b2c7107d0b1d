"""All templates of the test data, one after the other."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

from openward_cli.stack import Stack

from openward_testkit import corpus
from openward_testkit.corpus_page.product import product
from openward_testkit.corpus_page.row import Row, Step
from openward_testkit.corpus_page.trying import module, tried
from openward_testkit.corpus_page.types import python_errors, typescript_errors


async def measured(stack: Stack) -> list[Row]:
    """In the order of their names. The stack runs with all of its services, and is new.

    Of two documents with one template id the second becomes its next version.
    """
    opts = await asyncio.to_thread(corpus.opts)
    with tempfile.TemporaryDirectory() as folder:
        types = Path(folder)
        async with product(stack) as running:
            rows = [await tried(running, opt, types) for opt in opts]
        python, typescript = await asyncio.gather(
            asyncio.to_thread(python_errors, types), asyncio.to_thread(typescript_errors, types)
        )
    for row in rows:
        _note(row, Step.PYTHON, python)
        _note(row, Step.TYPESCRIPT, typescript)
    return rows


def _note(row: Row, step: Step, errors: Mapping[str, str]) -> None:
    if row.passed(step) and (why := errors.get(module(row.name))):
        row.done[step] = why
