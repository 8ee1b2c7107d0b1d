"""What holds for a value by its type: what its template allows, and what the reference model wants.

Each rule takes a `Leaf`: values by FLAT suffix, already of the right kind, and where to say what is wrong.
"""

from collections.abc import Callable, Mapping
from typing import Final

from openward_openehr.validation.values.amounts import count, proportion, quantity
from openward_openehr.validation.values.codes import code_phrase, coded_text, null_flavour, ordinal, text
from openward_openehr.validation.values.leaf import Leaf
from openward_openehr.validation.values.moments import date, date_time, duration, time
from openward_openehr.validation.values.others import (
    boolean,
    ehr_uri,
    identifier,
    link,
    mapping,
    multimedia,
    object_ref,
    parsable,
    participation,
    party,
    string,
)

RULES: Final[Mapping[str, Callable[[Leaf], None]]] = {
    "DV_QUANTITY": quantity,
    "DV_COUNT": count,
    "DV_PROPORTION": proportion,
    "DV_TEXT": text,
    "DV_CODED_TEXT": coded_text,
    "NAME": text,
    "NULL_FLAVOUR": null_flavour,
    "MATH_FUNCTION": coded_text,
    "OBJECT_REF": object_ref,
    "PARTY_IDENTIFIED": party,
    "PARTY_PROXY": party,
    "PARTICIPATION": participation,
    "LINK": link,
    "TERM_MAPPING": mapping,
    "STRING": string,
    "CODE_PHRASE": code_phrase,
    "DV_ORDINAL": ordinal,
    "DV_DATE": date,
    "DV_TIME": time,
    "DV_DATE_TIME": date_time,
    "DV_DURATION": duration,
    "DV_BOOLEAN": boolean,
    "DV_EHR_URI": ehr_uri,
    "DV_IDENTIFIER": identifier,
    "DV_PARSABLE": parsable,
    "DV_MULTIMEDIA": multimedia,
}

__all__ = ["RULES", "Leaf"]
