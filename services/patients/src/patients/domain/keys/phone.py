"""Telephone numbers in E.164 (tables of libphonenumber)."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

#: E.164 as it stands. A zero early on may be a trunk prefix (+44 07…) and is worth a full look.
_E164 = re.compile(r"\+(?:1[2-9]\d{9}|[2-9][1-9]{3}\d{3,11})", re.ASCII)

_UNREADABLE = {
    NumberParseException.INVALID_COUNTRY_CODE: "country-unknown",
    NumberParseException.NOT_A_NUMBER: "not-a-number",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too-short",
    NumberParseException.TOO_SHORT_NSN: "too-short",
    NumberParseException.TOO_LONG: "too-long",
}

_IMPOSSIBLE = {
    ValidationResult.INVALID_COUNTRY_CODE: "country-unknown",
    ValidationResult.TOO_SHORT: "too-short",
    ValidationResult.INVALID_LENGTH: "too-short",
    ValidationResult.TOO_LONG: "too-long",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "too-short",
}


#: Reading a number once more may take another prefix away; this often at most.
_READINGS = 4


def phone_key(text: str, region: str | None) -> str | None:
    """E.164, or None of what is no possible number; what is E.164 already is taken at its word.

    `region`, ISO 3166-1 alpha-2, is where a number without a country's prefix is at home.
    """
    for _ in range(_READINGS):
        if _E164.fullmatch(text):
            return text
        key = _e164(text, region)
        if key is None or key == text:
            return key
        text = key
    return None


def phone_problem(text: str, region: str | None) -> str | None:
    """`not-a-number`, `country-unknown`, `too-short`, `too-long`, `not-in-use`, or None of a good number."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        return _UNREADABLE[error.error_type]
    if problem := _IMPOSSIBLE.get(phonenumbers.is_possible_number_with_reason(number)):
        return problem
    return None if phonenumbers.is_valid_number(number) else "not-in-use"


def _e164(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    possible = phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if possible else None
