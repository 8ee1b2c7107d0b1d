"""Languages: which a caller wants (RFC 9110, section 12.5.4), and which of them there is (RFC 4647, 3.4)."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

_MOST: Final = 20
_RANGE: Final = re.compile(
    r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:[ \t]*;[ \t]*[qQ]=([01](?:\.[0-9]{0,3})?))?"
)


def wanted_languages(accept_language: str) -> tuple[str, ...]:
    """Tags in lower case, the most wanted first; what cannot be read, and `*`, is passed over."""
    found = filter(None, (_RANGE.fullmatch(item.strip()) for item in accept_language.split(",")))
    weighed = [(each[1].lower(), min(float(each[2] or 1), 1.0)) for each in found]
    weighed.sort(key=lambda each: -each[1])
    return tuple(tag for tag, weight in weighed[:_MOST] if weight > 0)


def spoken(wanted: Sequence[str], offered: Collection[str]) -> str | None:
    """The one of `offered` to use, None if it has none that is wanted.

    `de-AT` is content with `de`, then with any other `de`.
    """
    for tag in wanted:
        for shorter in _shortened(tag):
            if found := next((each for each in offered if each.lower() == shorter), None):
                return found
        primary = tag.partition("-")[0]
        if found := next((each for each in offered if each.lower().partition("-")[0] == primary), None):
            return found
    return None


def label_in(languages: Sequence[str], labels: Mapping[str, str]) -> str | None:
    """In the first of these languages that there is, else in English, else in any; None of none."""
    found = spoken((*languages, "en"), labels)
    return labels[found] if found else next(iter(labels.values()), None)


def _shortened(tag: str) -> Iterator[str]:
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
