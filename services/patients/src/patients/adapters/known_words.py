"""Words of which this process knows that the dictionary has them: most names are common ones."""

from collections.abc import Iterable

_MOST = 200_000


class KnownWords:
    """Words are never removed from the dictionary, so knowing one stays right."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def unknown(self, words: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        return frozenset(words) - self._known

    def learn(self, words: Iterable[tuple[str, str]]) -> None:
        """Call it once they are committed."""
        if len(self._known) > _MOST:
            self._known.clear()
        self._known.update(words)
