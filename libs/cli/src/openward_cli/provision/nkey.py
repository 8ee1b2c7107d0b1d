"""NATS's keys: a user proves that it holds the seed, the server knows the public key only."""

import os
from typing import cast

import nkeys  # type: ignore[import-untyped]  # it comes without types


def new_seed() -> str:
    return cast("bytes", nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)).decode()


def public_key(seed: str) -> str:
    return cast("bytes", nkeys.from_seed(bytearray(seed.encode())).public_key).decode()
