"""EHRbase and the gateway answer the same, but for what is in the table of docs/differences.md."""

from openward_testkit.differential.outcome import Outcome
from openward_testkit.differential.page import PAGE, text


def test_there_are_many_different_requests(outcome: Outcome) -> None:
    asked = {str(exchange.ask) for exchange in outcome.exchanges}

    assert len(asked) >= 600
    assert len(outcome.exchanges) >= 800
    assert outcome.unasked == []


def test_every_difference_is_explained(outcome: Outcome) -> None:
    assert outcome.unexplained() == ""


def test_no_difference_is_explained_twice(outcome: Outcome) -> None:
    assert outcome.ambiguous() == ""


def test_every_rule_explains_something(outcome: Outcome) -> None:
    assert outcome.idle() == []


def test_the_page_is_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == text()
