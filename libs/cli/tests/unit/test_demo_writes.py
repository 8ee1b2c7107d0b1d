from openward_cli.demo import writes

ACKNOWLEDGED = {"a::x::1": 100.0, "b::x::1": 101.0}


def test_what_was_acknowledged_and_is_there_once_is_right() -> None:
    assert writes.faults(ACKNOWLEDGED, [("b::x::1", 101.0), ("a::x::1", 100.0)]) == []


def test_a_lost_write_is_found() -> None:
    assert writes.faults(ACKNOWLEDGED, [("a::x::1", 100.0)]) == ["the acknowledged write b::x::1 is lost"]


def test_a_write_that_is_there_twice_is_found() -> None:
    rows = [("a::x::1", 100.0), ("b::x::1", 101.0), ("b::x::1", 101.0)]

    assert writes.faults(ACKNOWLEDGED, rows) == ["the write b::x::1 is there 2 times"]


def test_a_write_that_was_made_twice_under_another_uid_is_found() -> None:
    rows = [("a::x::1", 100.0), ("b::x::1", 101.0), ("c::x::1", 101.0)]

    assert writes.faults(ACKNOWLEDGED, rows) == ["the composition c::x::1 is there, acknowledged to nobody"]


def test_a_write_that_holds_something_else_is_found() -> None:
    rows = [("a::x::1", 100.0), ("b::x::1", 99.5)]

    assert writes.faults(ACKNOWLEDGED, rows) == ["the write b::x::1 was of 101 and holds 99.5"]
