"""Lines of one header are one list (RFC 9110, section 5.3), for whoever reads a header as one line."""

from typing import Final

from starlette.types import Scope

#: Headers of requests that may come in several lines, and are read here.
_LISTS: Final = frozenset((b"accept", b"if-match", b"prefer"))


def joined(scope: Scope) -> Scope:
    """The same request with one line of each."""
    lines = [name for name, _ in scope["headers"] if name in _LISTS]
    if len(lines) == len(set(lines)):
        return scope
    values = {each: b", ".join(value for name, value in scope["headers"] if name == each) for each in lines}
    others = [(name, value) for name, value in scope["headers"] if name not in _LISTS]
    return {**scope, "headers": [*others, *values.items()]}
