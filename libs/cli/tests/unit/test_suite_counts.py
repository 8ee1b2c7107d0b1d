import pytest
from openward_cli.stack import Stack
from openward_cli.status import duration
from openward_cli.testing.suite import beside, counts

REPORT = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'


@pytest.mark.parametrize(
    ("numbers", "status", "expected"),
    [
        ((12, 0, 0, 0), 0, (12, 0)),
        ((12, 2, 1, 0), 1, (9, 3)),
        ((12, 0, 0, 2), 0, (10, 0)),
        ((0, 0, 0, 0), 5, (0, 1)),
        ((12, 0, 0, 0), 1, (12, 1)),
    ],
)
def test_a_report_is_counted_and_a_bad_end_is_a_failure(
    numbers: tuple[int, ...], status: int, expected: tuple[int, int]
) -> None:
    assert counts(REPORT.format(*numbers), status) == expected


def test_each_process_of_a_suite_has_a_stack_of_its_own() -> None:
    first, second = Stack(stack="test"), Stack(stack="test-2")

    assert beside([first]) == ()
    assert beside([first, second]) == (
        "--dist=loadfile",
        "--no-loadscope-reorder",
        "--tx=popen//env:OPENWARD_STACK=test",
        "--tx=popen//env:OPENWARD_STACK=test-2",
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5.4, "5 s"), (65, "1 min 5 s"), (3 * 3600 + 120, "3 h 2 min"), (2 * 86400 + 3600, "2 d 1 h")],
)
def test_an_uptime_is_told_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
