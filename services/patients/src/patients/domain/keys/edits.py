"""Words one typing error apart, found by equality: they share a key with one letter deleted.

W. Garbe's symmetric deletes, for one edit: insertion, deletion, substitution or transposition of neighbours.
"""

#: Of a longer word only its beginning makes keys; two such words within one edit still share one.
LONGEST = 32


def delete_keys(word: str) -> tuple[str, ...]:
    """The word, then each string that is the word with one letter deleted; no duplicates.

    Words within one edit share a key. Words that share one are within two: `one_edit` decides.
    """
    begin = word[:LONGEST]
    deletes = (begin[:index] + begin[index + 1 :] for index in range(len(begin)))
    return tuple(dict.fromkeys((begin, *deletes)))


def one_edit(a: str, b: str) -> bool:
    """Whether equal or one insertion, deletion, substitution or transposition of neighbours apart."""
    if len(a) < len(b):
        a, b = b, a
    if a == b:
        return True
    if len(a) - len(b) > 1:
        return False
    at = _first_difference(a, b)
    if len(a) > len(b):
        return a[at + 1 :] == b[at:]
    if a[at + 1 :] == b[at + 1 :]:
        return True
    return a[at + 2 :] == b[at + 2 :] and a[at : at + 2] == b[at + 1 : at + 2] + b[at]


def _first_difference(a: str, b: str) -> int:
    for index, sign in enumerate(b):
        if a[index] != sign:
            return index
    return len(b)
