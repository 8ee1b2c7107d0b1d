"""The process that reads lines: `python -m patients.adapters.imports.worker`, spoken to through its pipes.

It ends when its input does: with the import, and also when whoever started it is killed.
"""

import gc
import pickle
import signal
import sys
from typing import BinaryIO

from patients.adapters.imports.preparing import prepared

#: Bytes of the length in front of every message.
LENGTH = 8


def serve(tasks: BinaryIO, outcomes: BinaryIO) -> None:
    """An outcome for each task, in their order, until there are no more."""
    while length := tasks.read(LENGTH):
        task = pickle.loads(tasks.read(int.from_bytes(length, "big")))  # noqa: S301  from who started us
        answer = pickle.dumps(prepared(task), pickle.HIGHEST_PROTOCOL)
        outcomes.write(len(answer).to_bytes(LENGTH, "big") + answer)
        outcomes.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the service ends us when it has finished
    # What a chunk makes is freed by reference counts; looking for cycles costs a fifth of the time.
    gc.disable()
    serve(sys.stdin.buffer, sys.stdout.buffer)
