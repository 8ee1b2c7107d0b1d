"""Which of the media types that a resource has, for an Accept header (RFC 9110, section 12.5.1)."""

from collections.abc import Iterator, Sequence
from typing import Final

from openward_servicekit.errors import NotAcceptable

_MOST_LANGUAGES: Final = 20


def preferred(accept: str | None, offers: Sequence[str]) -> str:
    """The offer that the client wants most; of equals the first. Raises NotAcceptable when it wants none."""
    wanted = list(_ranges(accept or "*/*"))
    best = max(offers, key=lambda offer: _quality(offer, wanted))
    if _quality(best, wanted) == 0:
        raise NotAcceptable(f"There is {', '.join(offers)}.")
    return best


def languages(accept_language: str | None) -> tuple[str, ...]:
    """Tags in the order in which they are wanted (RFC 9110, section 12.5.4)."""
    ranges = sorted(_ranges(accept_language or ""), key=lambda wanted: -wanted[1])
    return tuple(tag for tag, weight in ranges[:_MOST_LANGUAGES] if weight > 0 and tag not in {"", "*"})


def media_type(header: str) -> str:
    """A media type without its parameters."""
    return header.partition(";")[0].strip().lower()


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weights = [parameter[2:] for parameter in parameters if parameter.startswith("q=")]
        yield name, _weight(weights[0]) if weights else 1.0


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def _quality(offer: str, wanted: Sequence[tuple[str, float]]) -> float:
    """Of the range that names the offer most exactly."""
    for name in (offer, f"{offer.partition('/')[0]}/*", "*/*"):
        weights = [weight for range_, weight in wanted if range_ == name]
        if weights:
            return max(weights)
    return 0.0
