from pathlib import Path

import pytest
from openward_cli.supervision.journal import Spawned
from openward_cli.supervision.orphans import is_ours

RUN_DIR = Path("/srv/openward/.run/dev")
ENTRY = Spawned("nats", 4711, at=1000.0)
OURS = ["nats-server", "-c", "/srv/openward/.run/dev/conf/nats.conf"]


def test_the_recorded_process_is_ours() -> None:
    assert is_ours(ENTRY, 1000.2, OURS, RUN_DIR)


@pytest.mark.parametrize("created_at", [900.0, 1100.0])
def test_a_process_that_got_the_number_later_or_had_it_before_is_not(created_at: float) -> None:
    assert not is_ours(ENTRY, created_at, OURS, RUN_DIR)


def test_a_process_of_another_stack_is_not_ours() -> None:
    assert not is_ours(
        ENTRY, 1000.2, ["nats-server", "-c", "/srv/openward/.run/test/conf/nats.conf"], RUN_DIR
    )


def test_a_service_is_known_by_its_environment() -> None:
    assert is_ours(ENTRY, 1000.2, ["python", "-m", "audit", f"OPENWARD_RUN_DIR={RUN_DIR}"], RUN_DIR)
