"""Cursors that may travel in a URL: they hold names, so they are encrypted, and good for one caller.

AES-256-GCM under a key of its own, derived from the service's cursor key; for an hour.
"""

import json
import os
import zlib
from base64 import b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from patients.domain.cursors import LIFETIME
from patients.domain.errors import CursorInvalid

_PURPOSE: Final = b"openward.patients.fhir-cursor.1"
_NONCE: Final = 12
_LONGEST: Final = 16_384


def seal(key: bytes, position: Any, caller: str) -> str:
    """`position`: any JSON value."""
    expires = int((datetime.now(UTC) + LIFETIME).timestamp())
    plain = zlib.compress(json.dumps([expires, position]).encode())
    nonce = os.urandom(_NONCE)
    sealed = nonce + _cipher(key).encrypt(nonce, plain, caller.encode())
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def unseal(key: bytes, text: str, caller: str) -> Any:
    """Raises CursorInvalid for one that is forged, expired or somebody else's."""
    try:
        sealed = b64decode(text[:_LONGEST] + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        plain = _cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], caller.encode())
    except (ValueError, InvalidTag):
        raise CursorInvalid from None
    expires, position = json.loads(zlib.decompress(plain))
    if datetime.now(UTC).timestamp() >= expires:
        raise CursorInvalid
    return position


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(key))
