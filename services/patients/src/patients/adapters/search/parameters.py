"""SQL with its parameters: fragments are of this package, whatever a caller said is a parameter."""

from collections.abc import Sequence

from patients.domain.search.match import Begins, Exactly, Match


class Parameters:
    """`values` by their number; each is named once and may stand in many places."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self._names: dict[tuple[str, object], str] = {}

    def add(self, value: str | int | tuple[str, ...], kind: str = "text") -> str:
        """How the statement calls it: `$3::date`."""
        key = (kind, value)
        if key not in self._names:
            self.values.append(list(value) if isinstance(value, tuple) else value)
            self._names[key] = f"${len(self.values)}::{kind}"
        return self._names[key]

    def matches(self, column: str, match: Match | None, *, started: bool = False) -> list[str]:
        """Conditions that an index on the column can be read by; `started`: another says where it begins."""
        match match:
            case None:
                return []
            case Exactly(key):
                return [f"{column} = {self.add(key)}"]
            case Begins(key, longer):
                end = f"{column} < {self.add(match.end)}"
                return [end] if started else [f"{column} {'>' if longer else '>='} {self.add(key)}", end]
            case _:
                return [f"{column} = any ({self.add(match.keys, 'text[]')})"]

    def beyond(self, columns: Sequence[str], values: Sequence[str]) -> str:
        """What comes after a row, in the order of the columns; the last is an id."""
        *texts, last = values
        row = ", ".join([*(self.add(text) for text in texts), self.add(last, "uuid")])
        return f"({', '.join(columns)}) > ({row})"
