"""Texts in several languages that are not what they were."""

from collections.abc import Collection, Iterator, Mapping


def differing_texts(
    old: Mapping[str, str], new: Mapping[str, str], languages: Collection[str]
) -> Iterator[tuple[str, str | None, str | None]]:
    """Language, text before, text now; only in these languages, of which both versions have all texts."""
    for language in sorted((old.keys() | new.keys()) & set(languages)):
        if old.get(language) != new.get(language):
            yield language, old.get(language), new.get(language)
