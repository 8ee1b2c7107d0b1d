import re
import subprocess
import sys
from pathlib import Path

import pytest
from openward_cli.provision.nats_conf import render
from openward_cli.provision.secret_files import NATS_USERS, ensure_in, read
from openward_cli.provision.streams import DEAD_LETTERS, DURABLES, SUBJECTS, consumer_config, stream_configs
from openward_cli.provision.target import Target
from openward_contracts.catalogue import PUBLISHERS, STREAMS


@pytest.fixture
def target(tmp_path: Path) -> Target:
    ensure_in(tmp_path / "secrets")
    return Target(
        secrets_dir=tmp_path / "secrets",
        postgres_host="127.0.0.1",
        postgres_port=0,
        nats_url="nats://127.0.0.1:0",
        nats_listen="127.0.0.1:4222",
        nats_store_dir=tmp_path / "a folder" / "nats",
    )


def test_the_server_accepts_the_configuration(target: Target, tmp_path: Path) -> None:
    conf = tmp_path / "nats.conf"
    conf.write_text(render(target))
    server = Path(sys.executable).with_name("nats-server")
    checked = subprocess.run([server, "-t", "-c", conf], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stderr


def test_no_seed_is_in_the_configuration(target: Target) -> None:
    conf = render(target)

    assert not [user for user in NATS_USERS if read(target.secrets_dir, f"{user}.nk") in conf]


def test_every_user_has_a_key_and_an_inbox_of_its_own(target: Target) -> None:
    conf = render(target)

    assert sorted(re.findall(r"nkey: \$NATS_(\w+)_NKEY", conf)) == sorted(u.upper() for u in NATS_USERS)
    assert sorted(re.findall(r"_INBOX_(\w+)\.>", conf)) == sorted(NATS_USERS)


def test_an_acknowledged_message_is_on_disk(target: Target) -> None:
    assert re.search(r"^ *sync_interval: always$", render(target), re.MULTILINE)


def test_streams_are_those_of_the_contracts() -> None:
    assert SUBJECTS == STREAMS
    assert set(SUBJECTS) == set(PUBLISHERS)


def test_a_stream_keeps_what_it_has_acknowledged() -> None:
    for config in stream_configs(replicas=3)[: len(SUBJECTS)]:
        wire = config.as_dict()

        assert wire["subjects"] == [SUBJECTS[str(config.name)]]
        assert (wire["storage"], wire["discard"], wire["retention"]) == ("file", "new", "limits")
        assert wire["deny_delete"]
        assert wire["deny_purge"]
        assert wire["allow_atomic"]
        assert wire["num_replicas"] == 3
        assert wire["duplicate_window"] == 3600 * 10**9
        assert wire["max_msg_size"] == 2**20
        assert not wire["max_age"]


def test_dead_letters_name_messages_of_any_consumer() -> None:
    letters = stream_configs(replicas=1)[-1]

    assert letters.name == DEAD_LETTERS
    assert letters.subjects == [
        "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.*.*",
        "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.*.*",
    ]


def test_a_shared_consumer_never_gives_up() -> None:
    for durable in DURABLES:
        wire = consumer_config(durable).as_dict()

        assert (wire["max_deliver"], wire["ack_policy"], wire["ack_wait"]) == (-1, "explicit", 30 * 10**9)
        assert "backoff" not in wire
