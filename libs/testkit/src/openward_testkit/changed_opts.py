"""Templates that nobody has seen: those of the test data with changes by a seed, and an id of their own."""

import copy
from collections.abc import Callable
from random import Random
from typing import Final

from lxml import etree

from openward_testkit import corpus, opts

_OPENEHR: Final = "http://schemas.openehr.org/v1"
_PREFIX: Final = f"{{{_OPENEHR}}}"
_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_MAX_BYTES: Final = 200_000
_NAMES: Final = (
    "name",
    "links",
    "Größe (cm)",
    "1st",
    "A.b-c_d",
    " blank  ",
    "नाम",
    "日本語",
    "Ⅳ",
    "subject",
    "x",
)
_LANGUAGES: Final = ("en", "de", "ja", "es", "pt", "ar-sy", "nl", "sv", "nb", "pt-br", "zh-cn", "fr", "it")
_VALUES: Final = (
    opts.text("a", "b"),
    opts.constraint("DV_DURATION"),
    opts.constraint("DV_PROPORTION"),
    opts.constraint("DV_INTERVAL<DV_QUANTITY>"),
    opts.constraint("DV_COUNT", opts.single("magnitude", opts.primitive("INTEGER", opts.values(1, 2)))),
    opts.coded("271", "253", "272", terminology="openehr"),
)

Element = etree._Element  # noqa: SLF001  lxml has no public name for it


def changed(seed: int) -> tuple[str, bytes]:
    """Template id and document; the same for the same seed."""
    chance = Random(seed)  # noqa: S311  not for secrets
    files = [opt for opt in corpus.opts() if opt.path.stat().st_size < _MAX_BYTES]
    root = etree.fromstring(chance.choice(files).read(), etree.XMLParser(remove_comments=True))
    template_id = f"changed_{seed}.v1"
    _texts(root, "template_id/value")[0].text = template_id
    for change in chance.choices(_CHANGES, k=chance.randint(1, 5)):
        change(root, chance)
    document: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return template_id, document


def _texts(root: Element, path: str) -> list[Element]:
    return root.findall("/".join(_PREFIX + step for step in path.split("/")))


def _part(xml: str) -> Element:
    return etree.fromstring(f'<x xmlns="{_OPENEHR}" xmlns:xsi="{_XSI}">{xml}</x>')[0]


def _replace(element: Element | None, xml: str) -> None:
    parent = None if element is None else element.getparent()
    if element is not None and parent is not None:
        parent.replace(element, _part(xml))


def _objects(root: Element) -> list[Element]:
    """Complex objects and archetypes, without the ISM transitions of actions, which come as they are."""
    kinds = ("C_COMPLEX_OBJECT", "C_ARCHETYPE_ROOT")
    found = [each for each in root.iter(f"{_PREFIX}children") if each.get(_TYPE) in kinds]
    return [each for each in found if "_STATE" not in (_said(each) or "") and not _is_in_transition(each)]


def _said(constraint: Element) -> str | None:
    return constraint.findtext(f"{_PREFIX}rm_type_name")


def _is_in_transition(constraint: Element) -> bool:
    return any(_said(each) == "ISM_TRANSITION" for each in (constraint, *constraint.iterancestors()))


def _elements(root: Element) -> list[Element]:
    return [each for each in _objects(root) if _said(each) == "ELEMENT"]


def _rename(root: Element, chance: Random) -> None:
    terms = [each for each in root.iter(f"{_PREFIX}items") if each.get("id") == "text"]
    for term in chance.sample(terms, min(4, len(terms))):
        term.text = chance.choice((*_NAMES, chance.choice(terms).text))


def _repeat(root: Element, chance: Random) -> None:
    constraint = chance.choice(_objects(root))
    constraint.addnext(copy.deepcopy(constraint))


def _recount(root: Element, chance: Random) -> None:
    for constraint in chance.sample(_objects(root), 3):
        occurs = opts.interval("occurrences", (chance.randint(0, 1), chance.choice((1, 1, None))))
        _replace(constraint.find(f"{_PREFIX}occurrences"), occurs)


def _limit(root: Element, chance: Random) -> None:
    for interval in root.iter(f"{_PREFIX}interval"):
        limits = opts.interval("interval", (chance.randint(0, 2), chance.choice((None, 2, 3))))
        _replace(interval, limits)


def _offer_another(root: Element, chance: Random) -> None:
    for element in _elements(root)[:3]:
        for attribute in element.iterfind(f"{_PREFIX}attributes[{_PREFIX}rm_attribute_name='value']"):
            attribute.append(_part(chance.choice(_VALUES)))


def _allow_anything(root: Element, chance: Random) -> None:
    for element in chance.sample(found := _elements(root), min(2, len(found))):
        for attribute in element.findall(f"{_PREFIX}attributes"):
            element.remove(attribute)


def _translate(root: Element, chance: Random) -> None:
    details = _texts(root, "description/details")[0]
    for language in chance.sample(_LANGUAGES, chance.randint(1, len(_LANGUAGES))):
        other = copy.deepcopy(details)
        _texts(other, "language/code_string")[0].text = language
        details.addnext(other)


_CHANGES: Final[tuple[Callable[[Element, Random], None], ...]] = (
    _rename,
    _repeat,
    _recount,
    _limit,
    _offer_another,
    _allow_anything,
    _translate,
)
