"""The outcome of one check of the machine."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`text` says what there is, or what is missing; `remedy` is empty when nothing has to be done."""

    name: str
    text: str
    remedy: str = ""

    @property
    def good(self) -> bool:
        return not self.remedy

    def __str__(self) -> str:
        return f"{self.name:<8} {self.text}" + (f": {self.remedy}" if self.remedy else "")
