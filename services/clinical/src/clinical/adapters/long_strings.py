"""Canonical JSON as it comes in, with its long strings cut: of files and long texts in it little is left.

Bytes are looked at a block at a time, as strings and what is between them: what is no JSON stays none.
"""

import json
import re
from typing import Final

from openward_openehr.recorded.cutting import cut

from clinical.domain.recorded import ContentsTooLarge

#: Bytes of a string as JSON has it, beyond which it is cut, and of its beginning that are left.
LONGEST: Final = 4096
BEGINNING: Final = 500
# Groups are atomic: Python before 3.11.5 gets possessive ones wrong (gh-106052). They are not repeated so
# often that the expression's own memory would count: `_end` goes on.
#: What is between strings, and whole ones that are short and have no escapes: most of what there is.
_PLAIN: Final = re.compile(rb'[^"]*+(?>(?:"[^"\\]{0,1000}+"[^"]*+){0,1000})')
#: To the end of a string, or of the block, or to a backslash that ends the block.
_WITHIN: Final = re.compile(rb'[^"\\]*+(?>(?:\\.[^"\\]*+){0,1000})', re.DOTALL)
_QUOTE, _BACKSLASH = b'"'[0], b"\\"[0]
#: Bytes of two escapes that are one character, of which the last is not there.
_HALF: Final = 12


class LongStrings:
    """Cuts them from blocks of one document. `most`: bytes that may be left; more raises ContentsTooLarge."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._left = bytearray()
        self._within = False
        self._escaped = False
        self._begins = bytearray()
        self._length = 0

    def feed(self, block: bytes) -> None:
        place = 0
        while place < len(block):
            place = self._string(block, place) if self._within else self._between(block, place)
        if len(self._left) > self._most:
            raise ContentsTooLarge("More is left than is taken at once.")

    def left(self) -> bytes:
        """Of all that was fed."""
        return bytes(self._left)

    def _between(self, block: bytes, start: int) -> int:
        end = _end(_PLAIN, block, start)
        self._left += block[start:end]
        self._within = end < len(block)
        return end + 1

    def _string(self, block: bytes, start: int) -> int:
        """Also its next part, where the block before ended within it."""
        end = _end(_WITHIN, block, start + self._escaped)
        self._escaped = end < len(block) and block[end] == _BACKSLASH
        closed = end < len(block) and block[end] == _QUOTE
        end += self._escaped
        self._length += end - start
        self._begins += block[start : min(end, start + LONGEST + 1 - len(self._begins))]
        if closed:
            self._left += self._closed()
        return end + closed

    def _closed(self) -> bytes:
        begins, length = bytes(self._begins), self._length
        self._within, self._length = False, 0
        self._begins.clear()
        if length <= LONGEST:
            return b'"%b"' % begins
        return json.dumps(cut(_text(begins[:BEGINNING]), length)).encode()


def _end(of: re.Pattern[bytes], block: bytes, start: int) -> int:
    """How far it reaches, one after the other."""
    while (found := of.match(block, start)) and found.end() > start:
        start = found.end()
    return start


def _text(begins: bytes) -> str:
    """Without a character that is not there whole; nothing of what is no text."""
    for missing in range(_HALF):
        try:
            text = json.loads(b'"%b"' % begins[: len(begins) - missing], strict=False)
            text.encode()
        except ValueError:
            continue
        return str(text)
    return ""
