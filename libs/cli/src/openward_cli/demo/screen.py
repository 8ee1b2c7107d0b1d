"""How the demonstration looks: plain lines, so that they read the same in a terminal, a pipe and a log."""

import json
import re
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openward_cli.demo.exchange import Exchange, short

_INDENT = "   "
_BODY_CHARACTERS = 2000
#: Characters, where no terminal says how many there are.
_WIDE = 120


class Screen:
    def __init__(self, console: Console) -> None:
        self.console = console
        if not console.is_terminal:
            console.width = max(console.width, _WIDE)

    def title(self, number: int, text: str) -> None:
        self.console.print()
        self._line(Text(f"{number}  {text}", style="bold cyan"))

    def exchange(self, exchange: Exchange, shown: Sequence[str], times: int = 1) -> None:
        self._line(_request(exchange))
        answer = Text(f"{_INDENT}  {exchange.status}", style="green" if exchange.status < 300 else "yellow")
        answer.append(f"  {exchange.milliseconds:.0f} ms", style="dim")
        answer.append(f" (asked {times} times)" if times > 1 else "", style="dim")
        answer.append(_told(exchange, shown))
        self._line(answer)

    def fact(self, text: str) -> None:
        self._line(Text(_INDENT + short(text)))

    def heading(self, text: str) -> None:
        self.console.print()
        self._line(Text(text, style="bold cyan"))

    def summary(self, sentence: str) -> None:
        self.console.print()
        self._line(Text(sentence, style="bold green"))

    def command(self, line: str) -> None:
        """Whole, so that it can be copied."""
        self._line(Text(_INDENT + line))

    def duration(self, seconds: float) -> None:
        self._line(Text(f"{_INDENT}{seconds:.1f} s", style="dim"))

    def passed(self, sentence: str) -> None:
        self._line(Text.assemble(_INDENT, ("✓ ", "green"), short(sentence)))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column("")
        for name in columns:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(" ", *(short(cell) for cell in row))
        self.console.print(table)

    def _line(self, text: Text) -> None:
        self.console.print(text, soft_wrap=True, highlight=False)


def in_full(exchange: Exchange) -> str:
    """A request and its answer, to look into what is wrong."""
    body = exchange.body if isinstance(exchange.body, str) else json.dumps(exchange.body, indent=1)
    said = body if len(body) <= _BODY_CHARACTERS else f"{body[:_BODY_CHARACTERS]} …"
    who = exchange.user or "nobody"
    first = f"{who}: {exchange.method} {exchange.path} -> {exchange.status}, request id {exchange.request_id}"
    return f"{first}\n{said}"


def _request(exchange: Exchange) -> Text:
    line = Text(_INDENT)
    line.append(f"{exchange.user or 'nobody'} ", style="magenta")
    line.append(f"{exchange.method} ", style="bold")
    line.append(short(exchange.path))
    for name, value in exchange.sent.items():
        line.append(f"  {name}: {short(value)}", style="dim")
    return line


def _told(exchange: Exchange, shown: Sequence[str]) -> str:
    """Each path of the answer by its last segment; what the answer does not have is left out."""
    values = {path: exchange.value(path) for path in shown}
    words = [f"{re.split('[./]', path)[-1]} {_value(v)}" for path, v in values.items() if v is not None]
    return f"  {', '.join(words)}" if words else ""


def _value(value: object) -> str:
    return short(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
