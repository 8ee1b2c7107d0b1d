"""supervisord.conf of a stack."""

import hashlib
import os
import shlex
import tempfile
from collections.abc import Iterable
from pathlib import Path

from openward_cli.process import Process
from openward_cli.stack import Stack

#: A unix socket's path has at most 104 bytes on macOS, 108 on Linux.
SOCKET_BYTES = 100
#: supervisord waits one second longer before each further try, so this is about five minutes.
START_RETRIES = 25

_HEAD = """\
[unix_http_server]
file={socket}
chmod=0700

[supervisord]
identifier=openward-{stack}
logfile={logs}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile={conf}/supervisord.pid
nocleanup=true
umask=077
{user}

[supervisorctl]
serverurl=unix://{socket}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

_PROGRAM = """
[program:{name}]
command={command}
directory={directory}
environment={environment}
{user}
autostart=false
autorestart=true
startsecs={settle_seconds}
startretries={retries}
stopsignal={stop_signal}
stopwaitsecs={stop_seconds}
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=2
"""


def socket_path(run_dir: Path) -> Path:
    """In the stack's folder, or under the system's temporary folder where that path would be too long."""
    near = run_dir / "conf" / "supervisor.sock"
    if len(os.fsencode(near)) <= SOCKET_BYTES:
        return near
    key = hashlib.sha256(os.fsencode(run_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"openward-{key}" / "supervisor.sock"


def render(stack: Stack, processes: Iterable[Process]) -> str:
    head = _HEAD.format(
        socket=_literal(str(socket_path(stack.run_dir))),
        stack=stack.stack,
        logs=_literal(str(stack.logs_dir)),
        conf=_literal(str(stack.conf_dir)),
        user="user=root" if os.geteuid() == 0 else "",
    )
    return head + "".join(_program(stack, process) for process in processes)


def _program(stack: Stack, process: Process) -> str:
    environment = {
        **process.environment,
        # By the first a stray process is known; by the second supervisord sees that files have changed.
        "OPENWARD_RUN_DIR": str(stack.run_dir),
        "OPENWARD_CONFIGURATION": process.digest(),
    }
    return _PROGRAM.format(
        name=process.name,
        command=_literal(shlex.join(process.command)),
        directory=_literal(str(process.directory)),
        environment=",".join(f"{name}={_value(value)}" for name, value in environment.items()),
        user=f"user={process.user}" if process.user else "",
        settle_seconds=process.settle_seconds,
        retries=START_RETRIES,
        stop_signal=process.stop_signal,
        stop_seconds=process.stop_seconds,
        logs=_literal(str(stack.logs_dir)),
    )


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def _value(text: str) -> str:
    """Within quotation marks that the text does not have; supervisord takes any off that are at its ends."""
    mark = "'" if '"' in text else '"'
    if "\n" in text or mark in text or text.strip("'\"") != text:
        raise ValueError("supervisord can pass on no line break and no quotation mark at an end")
    return f"{mark}{_literal(text)}{mark}"
