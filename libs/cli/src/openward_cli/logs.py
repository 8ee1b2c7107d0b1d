"""`logs`: the ends of the processes' logs, and what is added to them."""

import time
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from openward_cli.failure import Failure
from openward_cli.stack import Stack
from openward_cli.starting import tail

LINES_OF_ONE = 200
LINES_OF_EACH = 10
POLL_SECONDS = 0.3
_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta")


def logs(stack: Stack, console: Console, process: str, *, follow: bool) -> None:
    files = _files(stack, process)
    for file in files:
        _show(console, file, files, tail(file, LINES_OF_ONE if process else LINES_OF_EACH).splitlines())
    if follow:
        _follow(console, files)


def _files(stack: Stack, process: str) -> list[Path]:
    files = sorted(stack.logs_dir.glob("*.log"))
    if process:
        files = [file for file in files if file.stem == process]
    if not files:
        known = ", ".join(sorted(file.stem for file in stack.logs_dir.glob("*.log"))) or "none yet"
        raise Failure(f"There is no log of {process or 'this stack'}", f"there are: {known}")
    return files


def _follow(console: Console, files: list[Path]) -> None:
    """Until it is interrupted."""
    read = {file: file.stat().st_size for file in files}
    while True:
        for file in files:
            lines, read[file] = _added(file, read[file])
            _show(console, file, files, lines)
        time.sleep(POLL_SECONDS)


def _added(file: Path, position: int) -> tuple[list[str], int]:
    """Complete lines after the position, and the position after them. A file that got shorter was rotated."""
    if not file.exists():
        return [], 0
    if file.stat().st_size < position:
        position = 0
    with file.open("rb") as log:
        log.seek(position)
        text = log.read()
    complete = text.rfind(b"\n") + 1
    return text[:complete].decode(errors="replace").splitlines(), position + complete


def _show(console: Console, file: Path, files: list[Path], lines: Iterable[str]) -> None:
    colour = _COLOURS[files.index(file) % len(_COLOURS)]
    for line in lines:
        name = Text(f"{file.stem:<12} ", style=colour) if len(files) > 1 else Text()
        console.print(name + Text(line), soft_wrap=True)
