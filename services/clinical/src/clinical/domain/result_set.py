"""What EHRbase answers to AQL, read as it comes in: its head is understood, its rows are passed on as bytes.

    {"meta": {…}, "q": "…", "name": "…", "columns": […], "rows": [[…], …]}

EHRbase counts the rows itself (`meta.resultsize`), so that nobody here has to parse them.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from openward_contracts.identifiers import EhrId
from openward_servicekit.errors import UpstreamBroken

from clinical.domain.aql.population import ADDED_COLUMNS

#: A string in JSON escapes its quotes: this is nowhere but before the rows.
_ROWS: Final = re.compile(rb'"rows"\s*:\s*\[')
_LONGEST_HEAD: Final = 2**20
#: Of EHRbase, each about the limits of an answer.
_LIMITS: Final = ("default-limit", "max-limit", "max-fetch")


@dataclass(frozen=True)
class RowLimits:
    """`default`: for a query that says nothing of it."""

    default: int
    maximum: int


class Reader:
    """Takes an answer block by block and hands on what comes after the head.

    `mark`: ends each row, after its EHR's id; both are taken out (`aql.population`).
    """

    def __init__(self, hand_on: Callable[[bytes], object], mark: str | None = None) -> None:
        self.head: dict[str, Any] = {}
        self._ehr_ids: set[bytes] = set()
        self._hand_on = hand_on
        self._held = b""
        self._row_end = mark and re.compile(rb'(\[|,)\s*"([0-9a-fA-F-]{36})"\s*,\s*"%b"\s*\]' % mark.encode())
        self._mark = f'"{mark}"'.encode() if mark else b""

    def take(self, block: bytes) -> None:
        self._held += block
        if not self.head and not self._read_head():
            return
        end = len(self._held) if not self._mark else self._end_of_rows()
        self._pass_on(end)

    def finish(self) -> None:
        """Raises UpstreamBroken for an answer that was none."""
        if not self.head:
            raise UpstreamBroken("EHRbase has not answered with a result set.")
        self._pass_on(len(self._held))

    @property
    def ehr_ids(self) -> list[EhrId]:
        """Of the rows that were marked, each once."""
        return sorted(EhrId(ehr_id.decode()) for ehr_id in self._ehr_ids)

    @property
    def rows(self) -> int:
        return int(self.head["meta"]["resultsize"])

    def _read_head(self) -> bool:
        found = _ROWS.search(self._held)
        if found is None:
            if len(self._held) > _LONGEST_HEAD:
                raise UpstreamBroken("EHRbase has not answered with a result set.")
            return False
        try:
            self.head = json.loads(self._held[: found.end()] + b"]}")
            self.head.pop("rows")
            int(self.head["meta"]["resultsize"])
        except (ValueError, KeyError, TypeError):
            raise UpstreamBroken("EHRbase has not said how many rows there are.") from None
        if self._mark:
            del self.head["columns"][-ADDED_COLUMNS:]
        self._held = self._held[found.end() :]
        return True

    def _end_of_rows(self) -> int:
        """Of those that are here as a whole."""
        last = self._held.rfind(self._mark)
        return 0 if last < 0 else self._held.find(b"]", last) + 1

    def _pass_on(self, end: int) -> None:
        rows, self._held = self._held[:end], self._held[end:]
        if self._row_end:
            rows = self._row_end.sub(self._without_mark, rows)
        if rows:
            self._hand_on(rows)

    def _without_mark(self, found: re.Match[bytes]) -> bytes:
        self._ehr_ids.add(found[2])
        return b"[]" if found[1] == b"[" else b"]"


def head_of_answer(
    head: dict[str, Any], q: str, limits: RowLimits, *, name: str | None = None, href: str | None = None
) -> bytes:
    """What comes before the rows, as the caller is told it.

    `q` is the caller's own text. `_executed_aql` is left out: it holds conditions that are not the caller's.
    """
    meta = {key: value for key, value in head["meta"].items() if key not in ("_executed_aql", "_href")}
    said = {"default-limit": limits.default, "max-limit": limits.maximum, "max-fetch": limits.maximum}
    meta |= {key: min(said[key], meta.get(key) or said[key]) for key in _LIMITS}
    told: dict[str, Any] = {"meta": ({"_href": href} if href else {}) | meta, "q": q}
    if name:
        told["name"] = name
    rest = {key: value for key, value in head.items() if key not in ("meta", "q", "name")}
    text = json.dumps(told | rest, ensure_ascii=False, separators=(",", ":"))
    return text[:-1].encode() + b',"rows":['
