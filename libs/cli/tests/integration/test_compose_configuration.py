"""The real servers accept what the job `configure` writes for their containers."""

import subprocess
import sys
from pathlib import Path

import pytest
from openward_cli.compose.configuration import configure
from openward_cli.gateway import deprecations
from openward_cli.provision.secret_files import ensure_in


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENWARD_PROVISION_SECRETS_DIR", str(tmp_path / "secrets"))
    ensure_in(tmp_path / "secrets", for_containers=True)
    for volume in ("gateway", "nats-configuration", "keycloak"):
        (tmp_path / "state" / volume).mkdir(parents=True)
    configure(tmp_path / "state")
    return tmp_path / "state"


def ran(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_envoy_accepts_its_configuration(state: Path) -> None:
    mounted = state / "envoy.yaml"
    text = (state / "gateway" / "envoy.yaml").read_text()
    mounted.write_text(text.replace("/etc/openward/", f"{state}/gateway/"))

    done = ran("envoy", "--mode", "validate", "-c", str(mounted))

    assert done.returncode == 0, done.stderr
    assert deprecations(done.stdout + done.stderr) == []


def test_nats_accepts_its_configuration(state: Path) -> None:
    done = ran("nats-server", "-t", "-c", str(state / "nats-configuration" / "nats.conf"))

    assert done.returncode == 0, done.stderr
