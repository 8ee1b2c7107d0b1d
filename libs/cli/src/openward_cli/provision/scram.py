"""Passwords as PostgreSQL stores them, so that the password itself is in no statement and no server log."""

import base64
import hashlib
import hmac
import os

_ITERATIONS = 4096
_SALT_BYTES = 16


def verifier(password: str) -> str:
    """RFC 5803's form of SCRAM-SHA-256. The password is ASCII, so SASLprep would not change it."""
    salt = os.urandom(_SALT_BYTES)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, _ITERATIONS)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${_ITERATIONS}:{_text(salt)}${_text(stored_key)}:{_text(server_key)}"


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
