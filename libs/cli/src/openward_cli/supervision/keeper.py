"""Runs a command when supervisord was killed: `python -m openward_cli.supervision.keeper <log> <command>…`.

supervisord holds the other end of this program's standard input, which ends with it, however that came.
When it is shut down it first ends its processes, this one among them: then nothing is run.

Standard library only, as it waits in memory for as long as the stack runs.
"""

import subprocess
import sys
import time
from pathlib import Path

#: Another `openward` command may be at work on the stack, or there is no room to work in.
RETRY_SECONDS = 2.0


def main(log: str, *command: str) -> None:
    sys.stdin.buffer.read()
    # Where supervisord has read this program's output there is nobody any more.
    with Path(log).open("ab") as output:
        # Whoever starts or stops the stack next ends this process too, as one that supervisord has left.
        # Until then it stays, so that nothing is started that somebody has stopped meanwhile.
        while not _succeeds(command, output.fileno()):
            time.sleep(RETRY_SECONDS)


def _succeeds(command: tuple[str, ...], output: int) -> bool:
    """In a session of its own, which outlives this process."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        check=False,
    )
    return done.returncode == 0


if __name__ == "__main__":
    main(*sys.argv[1:])
