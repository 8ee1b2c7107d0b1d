"""What makes the demonstration stop: the one place that says what a wrong answer is."""

from typing import Any

from openward_cli.demo.exchange import Exchange


class CheckFailed(Exception):  # noqa: N818 - what was found, in one sentence
    """`exchange`: the answer that shows it, where one does."""

    def __init__(self, sentence: str, exchange: Exchange | None = None) -> None:
        super().__init__(sentence)
        self.exchange = exchange


def require(holds: object, wrong: str, exchange: Exchange | None = None) -> None:
    """Raises CheckFailed with the sentence `wrong` unless `holds` is true."""
    if not holds:
        raise CheckFailed(wrong, exchange)


def given(exchange: Exchange, path: str) -> Any:
    """What is at a dotted path of the answer. Raises CheckFailed when nothing is."""
    value = exchange.value(path)
    require(value is not None, f"the answer to {exchange.method} {exchange.path} has no `{path}`", exchange)
    return value


def require_none(faults: list[str]) -> None:
    """Raises CheckFailed with all faults in one sentence."""
    if faults:
        raise CheckFailed("; ".join(faults))


def require_status(exchange: Exchange, *expected: int) -> None:
    right = " or ".join(str(status) for status in expected)
    require(
        exchange.status in expected,
        f"{exchange.method} {exchange.path} answered {exchange.status} where {right} is right",
        exchange,
    )
