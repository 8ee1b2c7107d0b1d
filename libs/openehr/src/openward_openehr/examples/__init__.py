"""Example compositions of a web template: reproducible by seed, each of them accepted by EHRbase.

MINIMAL holds what is required and nothing else; FULL every node once, some that repeat twice, and where a
template leaves a choice (of types, of codes) another one with another seed. The three formats of one seed
say the same. Values are within the template's ranges, precision, units, lists and patterns.
"""

from enum import StrEnum
from typing import Any

from openward_openehr.examples.canonical import canonical
from openward_openehr.examples.dice import Dice
from openward_openehr.examples.flat import flat
from openward_openehr.examples.populating import populated
from openward_openehr.examples.structures import Structures
from openward_openehr.simplified import to_structured
from openward_openehr.web_template.model import WebTemplate


class Format(StrEnum):
    FLAT = "FLAT"
    STRUCTURED = "STRUCTURED"
    CANONICAL = "CANONICAL"


class Detail(StrEnum):
    MINIMAL = "MINIMAL"
    FULL = "FULL"


class LanguageUnknown(ValueError):  # noqa: N818  errors are named <Noun><Problem>
    """The template has no such language."""

    def __init__(self, language: str, known: tuple[str, ...]) -> None:
        super().__init__(f"{language} is not among {', '.join(known)}")


def example(
    template: WebTemplate,
    format: Format = Format.FLAT,  # noqa: A002  the word that clients know
    detail: Detail = Detail.MINIMAL,
    seed: int = 0,
    language: str | None = None,
    full: WebTemplate | None = None,
) -> dict[str, Any]:
    """The composition as JSON; `language` is one of the template's, without it the one that it was made in.

    `full` is `web_template.compile_full` of the same template. Give it for every format: without it EHRbase
    may refuse what lacks a mandatory structure that web templates do not show (a state, a protocol), what
    has a plain name where the template asks for a coded one, and canonical JSON of another ITEM_STRUCTURE.
    Same seed, same bytes, on every Python. Raises LanguageUnknown.
    """
    spoken = language or template.default_language
    if spoken not in template.languages:
        raise LanguageUnknown(spoken, template.languages)
    structures = Structures(full, spoken)
    composition = populated(template, structures, Dice(seed), spoken, full=detail == Detail.FULL)
    if format == Format.CANONICAL:
        return canonical(composition, template.template_id, structures)
    written = flat(composition)
    return written if format == Format.FLAT else to_structured(written)
