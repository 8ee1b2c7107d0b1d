"""Text that a record may hold. Refusals name the rule, never the text."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

#: Unicode categories that no name or identifier contains: control, surrogate, private use.
_REFUSED = frozenset({"Cc", "Cs", "Co"})
#: They would show a name in another order than it is stored (Unicode Technical Report 36, 3.5).
_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _readable(value: str) -> str:
    text = value.strip()
    if not text:
        raise PydanticCustomError("blank", "Must not be blank")
    if not text.isascii() or not text.isprintable():
        _refuse_unreadable(text)
    return text


def _refuse_unreadable(text: str) -> None:
    if any(unicodedata.category(c) in _REFUSED or c in _BIDIRECTIONAL for c in text):
        raise PydanticCustomError("characters", "Must hold no control or direction characters")


Text = Annotated[str, Field(max_length=200), AfterValidator(_readable)]
LongText = Annotated[str, Field(max_length=1000), AfterValidator(_readable)]

#: An absolute URI in ASCII: nothing that looks like another system's URI but is not.
System = Annotated[str, StringConstraints(max_length=255, pattern=r"^[a-z][a-z0-9+.\-]*:[\x21-\x7e]+$")]

#: FHIR `code`.
Code = Annotated[str, StringConstraints(max_length=64, pattern=r"^[\x21-\x7e]+( [\x21-\x7e]+)*$")]

#: BCP 47, as far as its syntax goes.
Language = Annotated[str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]

#: Why somebody did it, in their words.
Reason = Annotated[str, Field(min_length=3, max_length=500), AfterValidator(_readable)]
