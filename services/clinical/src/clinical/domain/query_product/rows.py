"""The rows of an answer: cut out of EHRbase's bytes one by one, printed as JSON, NDJSON or CSV.

At no time more than some blocks are in memory, whatever the number of rows.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from clinical.domain.query_product.model import Column, Kind

_SPACE: Final = " \t\r\n,"
#: A spreadsheet takes what begins so for a formula (OWASP, CSV injection); full-width forms too.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BATCH: Final = 200


class Form(StrEnum):
    JSON = "application/json"
    CSV = "text/csv"
    NDJSON = "application/x-ndjson"


def rows_of(blocks: Iterable[bytes]) -> Iterator[list[Any]]:
    """What follows `"rows":[` in an answer, until the list ends."""
    decoder, source = json.JSONDecoder(), iter(blocks)
    held, more = b"", True
    text = ""
    while more:
        block = _at_least(source, len(held) + len(text))
        more = bool(block)
        whole, held = _whole_characters(held + block)
        text += whole
        at = 0
        while True:
            at = _skipped(text, at)
            if at < len(text) and text[at] == "]":
                return
            try:
                row, at = decoder.raw_decode(text, at)
            except ValueError:
                break
            yield row
        text = text[at:]


def _at_least(source: Iterator[bytes], size: int) -> bytes:
    """More than there is already, so that a long row is not begun again with each block."""
    parts, length = [], 0
    for block in source:
        parts.append(block)
        length += len(block)
        if length >= size:
            break
    return b"".join(parts)


def _whole_characters(block: bytes) -> tuple[str, bytes]:
    """The text, and the beginning of a character of which the rest is to come."""
    for cut in range(4):
        end = len(block) - cut
        try:
            return block[:end].decode(), block[end:]
        except UnicodeDecodeError:
            continue
    return block.decode(errors="replace"), b""


def _skipped(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def shown(columns: Sequence[Column], row: Sequence[Any]) -> dict[str, Any]:
    """By the names of the columns; a whole number is one also where EHRbase keeps it as 120.0."""
    return {column.name: _shown(column, value) for column, value in zip(columns, row, strict=False)}


def _shown(column: Column, value: Any) -> Any:
    if column.kind is Kind.INTEGER and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def printed(form: Form, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The body, but for what JSON says around its items."""
    source = iter(rows)
    if form is Form.CSV:
        yield _csv([[column.name for column in columns]])
    first = True
    while batch := list(islice(source, _BATCH)):
        objects = [shown(columns, row) for row in batch]
        match form:
            case Form.CSV:
                yield _csv([[_cell(value) for value in each.values()] for each in objects])
            case Form.NDJSON:
                yield "".join(f"{_json(each)}\n" for each in objects).encode()
            case Form.JSON:
                yield (b"" if first else b",") + ",".join(map(_json, objects)).encode()
        first = False


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _csv(lines: Sequence[Sequence[str]]) -> bytes:
    """RFC 4180."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    """Text that a spreadsheet would calculate begins with an apostrophe; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return _json(value)
