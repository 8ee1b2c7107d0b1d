"""What can be wrong with bytes that should be an OPT. No text quotes the document."""


class XmlMalformed(Exception):  # noqa: N818  errors are named <Noun><Problem>
    """`line`, `column` from 1."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(f"{problem} (line {line}, column {column})")
        self.problem = problem
        self.line = line
        self.column = column


class XmlForbidden(Exception):  # noqa: N818  errors are named <Noun><Problem>
    """`what`: a document type, processing instructions, inclusions."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class XmlTooComplex(Exception):  # noqa: N818  errors are named <Noun><Problem>
    """`what` there is more of than is read."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class OptInvalid(Exception):  # noqa: N818  errors are named <Noun><Problem>
    """Well-formed XML that is no operational template, or lacks what each must have."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(f"{problem} (line {line})")
        self.problem = problem
        self.line = line
