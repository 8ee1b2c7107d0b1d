"""The identity provider's public keys, out of its JWK set (RFC 7517)."""

from collections.abc import Mapping
from typing import Final

from jwt import PyJWK, PyJWTError

from openward_servicekit import strict_json

#: Asymmetric only. With HS256 among them a public key could serve as a shared secret (CVE-2026-48526).
ALGORITHMS: Final = ("ES256", "RS256", "EdDSA")
MAX_KID: Final = 128
_MAX_KEYS: Final = 20


def read_key_set(document: bytes) -> dict[str, PyJWK]:
    """Signature keys by `kid`; of two with the same `kid` the first.

    Keys that cannot serve are passed over, so that one odd key does not shut everybody out: encryption keys,
    symmetric ones, RSA below 2048 bits, private ones (published, so no longer secret).
    Raises ValueError when the document is no JWK set or no key is left.
    """
    key_set = strict_json.loads(document)
    listed = key_set.get("keys") if isinstance(key_set, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a JWK set")  # noqa: TRY004  callers handle one kind of error
    keys: dict[str, PyJWK] = {}
    for jwk in listed[:_MAX_KEYS]:
        key = _usable(jwk) if isinstance(jwk, dict) else None
        if key is not None and key.key_id is not None:
            keys.setdefault(key.key_id, key)
    if not keys:
        raise ValueError("no usable key in the JWK set")
    return keys


def _usable(jwk: Mapping[str, object]) -> PyJWK | None:
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID or "d" in jwk:
        return None
    if jwk.get("use", "sig") != "sig" or not _may_verify(jwk.get("key_ops")):
        return None
    try:
        key = PyJWK(dict(jwk))
        # Here and not at the first token: a curve that is not the algorithm's fails when the key is prepared.
        too_short = key.Algorithm.check_key_length(key.Algorithm.prepare_key(key.key))
    except (PyJWTError, ValueError, TypeError):
        return None
    return key if key.algorithm_name in ALGORITHMS and not too_short else None


def _may_verify(operations: object) -> bool:
    return operations is None or (isinstance(operations, list) and "verify" in operations)
