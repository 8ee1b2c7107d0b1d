"""The rules of the CloudEvents NATS binding 1.0.3-wip, sections 3 and 3.1.3, with its own examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openward_contracts.binding import attributes, decode_value, encode_value

#: Every text that has a UTF-8 form.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_what_is_encoded_decodes_to_itself(value: str) -> None:
    assert decode_value(encode_value(value)) == value


@given(TEXTS)
def test_an_encoded_value_is_printable_ascii_without_blank_and_quote(value: str) -> None:
    assert all(0x21 <= ord(character) <= 0x7E and character != '"' for character in encode_value(value))


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"%')))
def test_printable_ascii_stays_readable(value: str) -> None:
    assert encode_value(value) == value


@given(TEXTS)
def test_decoding_happens_exactly_once(value: str) -> None:
    twice = encode_value(encode_value(value))
    assert decode_value(twice) == encode_value(value)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"),
        (" ", "%20"),
        ('"', "%22"),
        ("%", "%25"),
        ("\n", "%0A"),
        ("\x7f", "%7F"),
        ("~!#/:", "~!#/:"),
    ],
)
def test_the_three_and_the_unprintable_are_encoded_in_upper_case(value: str, encoded: str) -> None:
    assert encode_value(value) == encoded


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        ("%e2%82%ac", "€"),  # lower case must be read
        ("%41%42", "AB"),  # unnecessarily encoded must be read
        ("%2541", "%41"),  # one round only
        ('"a b"', "a b"),  # quoted string, from producers of older texts
        (r'"a \"b\" \\c"', r'a "b" \c'),
        ('"a%20b"', "a b"),
        ('a"b', 'a"b'),
    ],
)
def test_what_others_may_write_is_read(encoded: str, value: str) -> None:
    assert decode_value(encoded) == value


@pytest.mark.parametrize("encoded", ["%C0%A0", "%E2%82", "%FF", "%ED%A0%80"])
def test_bytes_that_are_not_utf8_are_refused(encoded: str) -> None:
    with pytest.raises(ValueError, match="decode"):
        decode_value(encoded)


def test_a_lone_surrogate_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        encode_value("\ud800")


def test_attributes_are_found_in_any_case_and_nothing_else() -> None:
    headers = {"CE-Id": "1", "ce-Type": "a%20b", "Nats-Msg-Id": "1", "content-type": "application/json"}
    assert attributes(headers) == {"id": "1", "type": "a b"}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/cloudevents",
        "application/cloudevents+json; charset=utf-8",
        "Application/CloudEvents+JSON",
        " application/cloudevents-batch+json",
    ],
)
@pytest.mark.parametrize("name", ["Content-Type", "content-type"])
def test_structured_mode_is_told_by_the_content_type(name: str, content_type: str) -> None:
    with pytest.raises(ValueError, match="structured content mode"):
        attributes({"ce-id": "1", name: content_type})


def test_an_undecodable_value_is_not_repeated() -> None:
    with pytest.raises(ValueError, match=r"^ce-authid is not percent-encoded UTF-8$"):
        attributes({"CE-AuthId": "%FFsecret"})
