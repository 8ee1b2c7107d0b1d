"""A document that was derived from a template, as it is sent."""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rendered:
    """`language` of its labels, if they are in one; `etag` is strong: the SHA-256 of the bytes, in quotes."""

    content: bytes
    media_type: str
    language: str | None = None
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", f'"{hashlib.sha256(self.content).hexdigest()}"')
