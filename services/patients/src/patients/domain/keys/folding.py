import unicodedata


def folded(text: str) -> str:
    """NFKC without case and blanks. Repeated until nothing changes: what is left can compose anew."""
    if text.isascii():
        return "".join(text.lower().split())
    while (again := _once(text)) != text:
        text = again
    return text


def _once(text: str) -> str:
    caseless = unicodedata.normalize("NFKC", text).casefold()
    return "".join(unicodedata.normalize("NFKC", caseless).split())
