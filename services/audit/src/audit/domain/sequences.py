"""The arithmetic of the sequences of a stream's messages, which have no holes."""

from collections.abc import Sequence

from openward_servicekit.streams import Message


def later(messages: Sequence[Message], sequence: int) -> list[Message]:
    """Those after `sequence`."""
    return [message for message in messages if message.sequence > sequence]


def dense(messages: Sequence[Message], sequence: int) -> list[Message]:
    """The first of `messages`, which ascend, that follow `sequence` without a hole.

    Archives may give two messages for one sequence, when the stream's history began again: both are kept.
    """
    run: list[Message] = []
    for message in messages:
        if message.sequence not in (sequence, sequence + 1) or (not run and message.sequence == sequence):
            break
        run.append(message)
        sequence = message.sequence
    return run


def missing(sequence: int, until: int, at_most: int) -> range:
    """The first `at_most` sequences after `sequence`, up to and with `until`."""
    return range(sequence + 1, min(until, sequence + at_most) + 1)


def described(sequences: range) -> str:
    """`17`, or `17 to 20`."""
    first, last = sequences[0], sequences[-1]
    return str(first) if first == last else f"{first} to {last}"
