"""Elements of an OPT, by local name; schema: http://schemas.openehr.org/v1 (Template.xsd)."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import isfinite
from typing import Final, cast

from openward_openehr.opt.hardened_xml import Element
from openward_openehr.opt.model import Interval

NAMESPACE: Final = "http://schemas.openehr.org/v1"
_PREFIX: Final = f"{{{NAMESPACE}}}"
_SKIPPED: Final = len(_PREFIX)
_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"


#: Children by local name, in the order of the document.
Parts = Mapping[str, Sequence[Element]]
_SPANS: Final = 1000


def name(element: Element) -> str:
    """Without the namespace."""
    return str(element.tag)[_SKIPPED:]


def kind(element: Element) -> str:
    """Its xsi:type without prefix; empty without one."""
    return (element.get(_TYPE) or "").rpartition(":")[2].strip()


def line(element: Element) -> int:
    return cast("int | None", element.sourceline) or 0  # the stubs do not know its type


def parts(element: Element) -> Parts:
    """All children in one pass: a search for each name costs more than everything else."""
    found: dict[str, list[Element]] = {}
    for each in element:
        local = each.tag[_SKIPPED:]
        if local in found:
            found[local].append(each)
        else:
            found[local] = [each]
    return found


def one(found: Parts, named: str) -> Element | None:
    """The first of this name."""
    return found[named][0] if named in found else None


def said(found: Parts, named: str) -> str | None:
    """What stands in the first of this name, with its blanks; None where it is not there."""
    return found[named][0].text or "" if named in found else None


def child(element: Element | None, *names: str) -> Element | None:
    """The first of this name, and of that its child of the next name, and so on."""
    for each in names:
        element = next(children(element, each), None)
    return element


def children(element: Element | None, named: str) -> Iterator[Element]:
    return iter(()) if element is None else element.iterchildren(_PREFIX + named)


def text(element: Element | None, *names: str) -> str | None:
    """What stands in it, with its blanks; None where it is not there."""
    found = child(element, *names)
    return None if found is None else found.text or ""


def all_text(element: Element) -> str:
    """Of it and of everything in it."""
    return "".join(str(each) for each in element.itertext())


def is_true(written: str | None) -> bool:
    return written is not None and written.strip() in ("true", "1")


def whole(written: str | None) -> int:
    """0 where none is written: readers of the schema take it so."""
    return int(_number(written, int))


def real(written: str | None) -> float:
    """0 where none is written: readers of the schema take it so."""
    return float(_number(written, float))


def interval(element: Element | None, read: type[int | float | str]) -> Interval | None:
    """Its bounds as numbers of this kind, or as text. A bound that is neither there nor unbounded is 0."""
    if element is None:
        return None
    fields = {name(each): each.text for each in element}
    lower, upper = (
        None if is_true(fields.get(f"{end}_unbounded")) else _bound(fields.get(end), read)
        for end in ("lower", "upper")
    )
    included = (is_true(fields.get("lower_included")), is_true(fields.get("upper_included")))
    return Interval(lower, upper, *included, line(element))


def span(element: Element | None) -> tuple[int | None, int | None]:
    """The bounds of an interval of whole numbers; None: without end."""
    if element is None:
        return None, None
    fields = {each.tag[_SKIPPED:]: each.text for each in element}
    return _ends(
        fields.get("lower"), fields.get("lower_unbounded"), fields.get("upper"), fields.get("upper_unbounded")
    )


@lru_cache(_SPANS)
def _ends(
    lower: str | None, lower_unbounded: str | None, upper: str | None, upper_unbounded: str | None
) -> tuple[int | None, int | None]:
    """Thousands of intervals are a handful of different ones."""
    return (
        None if is_true(lower_unbounded) else whole(lower),
        None if is_true(upper_unbounded) else whole(upper),
    )


def _bound(written: str | None, read: type[int | float | str]) -> int | float | str | None:
    if read is str:
        return None if written is None else written.strip()
    return _number(written, read)  # type: ignore[arg-type]  # not text, so one of the two


def _number(written: str | None, read: type[int | float]) -> int | float:
    try:
        number = read((written or "0").strip() or 0)
    except ValueError:
        return 0
    return number if isfinite(number) else 0
