from pathlib import Path

import pytest
from openward_cli.provision.target import Target
from openward_cli.stack import Stack


def test_a_local_stack_is_provisioned_where_it_runs() -> None:
    target = Target.of(Stack(stack="test", port_offset=10000))

    assert (target.postgres_host, target.postgres_port) == ("127.0.0.1", 15433)
    assert target.nats_url == "nats://127.0.0.1:14222"
    assert target.nats_listen == "127.0.0.1:14222"
    assert target.secrets_dir.parts[-3:] == (".run", "test", "secrets")
    assert target.stream_replicas == 1


def test_the_environment_names_other_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENWARD_PROVISION_POSTGRES_HOST", "postgres")
    monkeypatch.setenv("OPENWARD_PROVISION_SECRETS_DIR", "/run/secrets")
    monkeypatch.setenv("OPENWARD_PROVISION_STREAM_REPLICAS", "3")
    target = Target.of(Stack(stack="dev", port_offset=0))

    assert target.postgres_host == "postgres"
    assert target.secrets_dir == Path("/run/secrets")
    assert target.stream_replicas == 3
    assert target.postgres_port == 5433
