"""How a key of the index is compared, in words that a query and a record can both be held to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exactly:
    key: str

    def accepts(self, key: str) -> bool:
        return key == self.key


@dataclass(frozen=True, slots=True)
class Begins:
    """`longer`: not with those that are the beginning itself."""

    key: str
    longer: bool = False

    def accepts(self, key: str) -> bool:
        return key.startswith(self.key) and not (self.longer and key == self.key)

    @property
    def end(self) -> str:
        """Above every key that begins with it."""
        return self.key + "\U0010ffff"


@dataclass(frozen=True, slots=True)
class OneOf:
    keys: tuple[str, ...]

    def accepts(self, key: str) -> bool:
        return key in self.keys


Match = Exactly | Begins | OneOf
