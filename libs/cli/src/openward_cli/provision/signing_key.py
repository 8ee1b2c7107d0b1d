"""The key with which the identity provider of a local stack signs tokens."""

import base64
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import ec

_COORDINATE_BYTES = 32


def new_jwks() -> str:
    """A JWK Set (RFC 7517) with one private P-256 key; `kid` is its thumbprint (RFC 7638)."""
    private = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    point = private.public_numbers
    public = {"crv": "P-256", "kty": "EC", "x": _base64url(point.x), "y": _base64url(point.y)}
    private_part = {"d": _base64url(private.private_value)}
    meta = {"kid": _thumbprint(public), "alg": "ES256", "use": "sig"}
    return json.dumps({"keys": [public | private_part | meta]})


def _base64url(number: int) -> str:
    return _encode(number.to_bytes(_COORDINATE_BYTES, "big"))


def _thumbprint(public: dict[str, str]) -> str:
    canonical = json.dumps(public, sort_keys=True, separators=(",", ":"))
    return _encode(hashlib.sha256(canonical.encode()).digest())


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
