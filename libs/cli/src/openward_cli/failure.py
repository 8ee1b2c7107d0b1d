"""What the command line tells a person when something is wrong."""


class Failure(Exception):  # noqa: N818 - read as a sentence: `raise Failure(what, remedy)`
    """Told as one line, never as a traceback: what is wrong, and what to do about it."""

    def __init__(self, what: str, remedy: str, *, details: str = "") -> None:
        super().__init__(f"{what}: {remedy}")
        self.what = what
        self.remedy = remedy
        #: Lines to show below the sentence, such as the end of a log.
        self.details = details
