from datetime import datetime

from openward_cli.supervision import journal

JOURNAL = """\
2026-03-01 10:00:00,001 INFO supervisord started with pid 100
2026-03-01 10:00:00,010 INFO spawned: 'nats' with pid 101
2026-03-01 10:00:05,000 WARN exited: nats (terminated by SIGKILL; not expected)
2026-03-01 11:00:00,001 INFO supervisord started with pid 200
2026-03-01 11:00:00,250 INFO spawned: 'nats' with pid 201
2026-03-01 11:00:02,000 INFO success: nats entered RUNNING state, process has stayed up for > than 2 seconds
2026-03-01 11:00:03,000 INFO spawned: 'audit-1' with pid 202
2026-03-01 11:00:03,500 WARN exited: audit-1 (exit status 2; not expected)
2026-03-01 11:00:04,000 INFO spawned: 'audit-1' with pid 203
2026-03-01 11:00:05,000 WARN exited: audit-1 (exit status 0; expected)
2026-03-01 11:00:06,000 INFO waiting for nats to stop
2026-03-01 11:00:06,100 WARN stopped: nats (terminated by SIGTERM)
half a li"""


def test_restarts_are_the_ends_that_nobody_asked_for_since_the_start() -> None:
    assert journal.restarts(JOURNAL) == {"audit-1": 2}


def test_every_process_that_was_ever_started_is_known_with_its_time() -> None:
    found = journal.spawned(JOURNAL)

    assert [(entry.name, entry.pid) for entry in found] == [
        ("nats", 101),
        ("nats", 201),
        ("audit-1", 202),
        ("audit-1", 203),
    ]
    assert datetime.fromtimestamp(found[1].at).isoformat() == "2026-03-01T11:00:00.250000"  # noqa: DTZ006 - local, as written


def test_an_empty_journal_knows_nothing() -> None:
    assert journal.restarts("") == {}
    assert journal.spawned("") == []
