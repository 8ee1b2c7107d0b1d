"""What every FLAT composition begins with."""


def in_context(at: str, composer: str) -> dict[str, object]:
    """`at` is an ISO 8601 time with zone."""
    return {
        "ctx/language": "en",
        "ctx/territory": "GB",
        "ctx/composer_name": composer,
        "ctx/time": at,
    }
