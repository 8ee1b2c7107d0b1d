"""Normalised keys: what is stored beside a patient's words so that other spellings of them are found.

Every key is its own key, the same for equal input, and made without error of any text. A key is personal data
as much as what it is made of.
"""

from patients.domain.keys.contact import city_key, email_key, line_key, postal_key
from patients.domain.keys.edits import delete_keys, one_edit
from patients.domain.keys.identifier import identifier_key
from patients.domain.keys.names import family_keys, given_keys
from patients.domain.keys.phone import phone_key, phone_problem
from patients.domain.keys.text import search_key, words

__all__ = [
    "city_key",
    "delete_keys",
    "email_key",
    "family_keys",
    "given_keys",
    "identifier_key",
    "line_key",
    "one_edit",
    "phone_key",
    "phone_problem",
    "postal_key",
    "search_key",
    "words",
]
