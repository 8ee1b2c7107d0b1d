"""Opaque cursors: a position in a list that only this service can have made, for a limited time.

Signed, not encrypted. A cursor that travels in a URL must hold identifiers and times only, no personal data.
Layout before base64url: expiry (8 bytes, seconds since 1970), position (JSON), tag (16 bytes of HMAC-SHA-256
over the name of the list and all before).
"""

import hmac
import json
from base64 import b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any, Final

MIN_KEY_BYTES: Final = 32
MAX_CURSOR_LENGTH: Final = 4096
#: Names this layout to the key: another layout makes other tags.
_LABEL: Final = b"openward.cursor.1"
_HEAD: Final = 8
_TAG: Final = 16


class InvalidCursor(ValueError):  # noqa: N818  named for what the cursor is
    """Not made by this service for this list, or changed since."""


class ExpiredCursor(InvalidCursor):
    """Made by this service, too long ago: the reader starts again from the first page."""


def encode(key: bytes, position: Any, *, expires: datetime, scope: str = "") -> str:
    """A cursor at `position` (any JSON value), good until `expires`.

    `scope` names the list, with whatever must be the same on the next page (filters, the caller): a cursor of
    one list is no cursor of another. Raises ValueError on a key under 32 bytes, a time without a zone, a
    position too large for MAX_CURSOR_LENGTH.
    """
    if expires.tzinfo is None:
        raise ValueError("a cursor's expiry needs a zone")
    text = json.dumps(position, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    signed = int(expires.timestamp()).to_bytes(_HEAD, "big") + text
    cursor = urlsafe_b64encode(signed + _tag(key, scope, signed)).rstrip(b"=").decode()
    if len(cursor) > MAX_CURSOR_LENGTH:
        raise ValueError("the position is too large for a cursor")
    return cursor


def decode(key: bytes, cursor: str, *, scope: str = "", now: datetime | None = None) -> Any:
    """The position. `now` is the clock unless given.

    Raises InvalidCursor, and of these ExpiredCursor when nothing but the time is against it.
    """
    raw = _raw(cursor)
    signed, tag = raw[:-_TAG], raw[-_TAG:]
    if not hmac.compare_digest(tag, _tag(key, scope, signed)):
        raise InvalidCursor("not a cursor of this list")
    if (now or datetime.now(UTC)).timestamp() >= int.from_bytes(signed[:_HEAD], "big"):
        raise ExpiredCursor("the cursor has expired")
    return json.loads(signed[_HEAD:])


def _raw(cursor: str) -> bytes:
    if len(cursor) > MAX_CURSOR_LENGTH:
        raise InvalidCursor("not a cursor")
    try:
        raw = b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise InvalidCursor("not a cursor") from None
    # Base64 leaves unused bits at the end; only the one spelling that was handed out is taken.
    if len(raw) <= _HEAD + _TAG or urlsafe_b64encode(raw).rstrip(b"=").decode() != cursor:
        raise InvalidCursor("not a cursor")
    return raw


def _tag(key: bytes, scope: str, signed: bytes) -> bytes:
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"a cursor key has at least {MIN_KEY_BYTES} bytes")
    name = scope.encode()
    return hmac.digest(key, _LABEL + len(name).to_bytes(4, "big") + name + signed, "sha256")[:_TAG]
