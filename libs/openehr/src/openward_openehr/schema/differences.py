"""What schemas say otherwise than EHRbase 2.16, because they cannot, or because they say what is meant."""

from typing import Final

KNOWN_DIFFERENCES: Final = (
    "Values are of their JSON types; EHRbase reads numbers and booleans in text too, and text in any scalar.",
    "STRUCTURED has lists of objects and values; EHRbase also takes one alone, and FLAT paths as keys.",
    "Suffixes and attributes of a node that EHRbase reads and drops are refused.",
    "`|raw` (a canonical value as text) is refused: nothing in it could be checked.",
    "A code without terminology or text is refused where EHRbase fills them in from its own terminology.",
    "That a rubric is the one of its code, and that a state fits a transition, is not checked.",
    "That a date is one of the calendar, and that bounds of an interval are in order, is not checked.",
    "Ranges of durations, dates and times, and patterns of dates, are not checked.",
    "Relations between the parts of a proportion, and its precision, are not checked.",
    "FLAT: an index is taken of what may repeat, only up to its maximum; `:0` of what may not is refused.",
    "FLAT: what has to be there beneath what repeats or is optional is not asked for.",
    "FLAT: which magnitudes a unit allows is checked where nothing above repeats, else the widest range is.",
    "A null flavour that the template itself asks for is not: a web template does not tell of it.",
    "What EHRbase refuses of its own template (archetypes of other classes) is taken.",
)
