"""Progress on the terminal: a live table for a person, one line a step where nobody watches."""

import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text


@dataclass
class _Row:
    began: float = 0.0
    seconds: float | None = None
    note: str = ""
    share: float | None = None
    mark: str = " "


@dataclass
class Progress:
    """Implements `openward_cli.steps.Display` for the steps of the given names."""

    console: Console
    names: list[str]
    _rows: dict[str, _Row] = field(init=False)
    _live: Live | None = field(init=False, default=None)
    _spinner: Spinner = field(init=False, default_factory=lambda: Spinner("dots"))

    def __post_init__(self) -> None:
        self._rows = {name: _Row() for name in self.names}
        if self.console.is_terminal:
            self._live = Live(get_renderable=self._table, console=self.console, refresh_per_second=8)

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def begins(self, name: str) -> None:
        self._rows[name].began = time.monotonic()

    def goes_on(self, name: str, doing: str, share: float | None) -> None:
        self._rows[name].note, self._rows[name].share = doing, share

    def done(self, name: str, outcome: str, seconds: float) -> None:
        self._end(name, "[green]✓[/]", outcome, seconds)

    def failed(self, name: str, seconds: float) -> None:
        self._end(name, "[red]✗[/]", self._rows[name].note, seconds)

    def _end(self, name: str, mark: str, note: str, seconds: float) -> None:
        row = self._rows[name]
        row.mark, row.note, row.seconds = mark, note, seconds
        if not self._live:
            self.console.print(f"{mark} {name:<22} {seconds:5.1f} s  {note}", highlight=False)

    def _table(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        for name, row in self._rows.items():
            working = row.began and row.seconds is None
            mark: RenderableType = self._spinner if working else Text.from_markup(row.mark)
            seconds = row.seconds if row.seconds is not None else time.monotonic() - row.began
            table.add_row(mark, name, f"{seconds:5.1f} s" if row.began else "", _state(row))
        return table


def _state(row: _Row) -> RenderableType:
    note = Text(row.note, style="dim", overflow="ellipsis", no_wrap=True)
    if row.share is None or row.seconds is not None:
        return note
    return Columns([ProgressBar(total=1.0, completed=row.share, width=24), note])
