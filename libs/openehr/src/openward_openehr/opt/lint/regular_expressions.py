"""Regular expressions of archetypes: those of Perl, so nearly those of Java and Python."""

import re
import warnings
from functools import lru_cache
from typing import Final

#: Longer ones cost more to compile than they can say.
_LONGEST: Final = 20_000
#: What Java and Perl know and Python 3.11 writes in another way: classes by property, quoting.
_FOREIGN: Final = re.compile(r"\\(?:[pP]\{\^?\w+\}|[QEhHRX])")


@lru_cache(maxsize=512)
def is_regular_expression(pattern: str) -> bool:
    """It is compiled, never matched. A long one is taken as it is."""
    if len(pattern) > _LONGEST:
        return True
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(_FOREIGN.sub("x", pattern))
    except (re.error, OverflowError, RecursionError):
        return False
    return True
