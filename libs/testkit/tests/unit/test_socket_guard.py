import socket

import pytest


def test_a_unit_test_cannot_open_a_connection() -> None:
    # pytest-socket warns before it raises, and warnings are errors here
    with pytest.raises(UserWarning, match=r"A test tried to use socket\."):
        socket.create_connection(("127.0.0.1", 9))


async def test_a_unit_test_may_use_the_event_loop() -> None:
    left, right = socket.socketpair()
    left.close()
    right.close()
