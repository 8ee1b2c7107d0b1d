"""Patterns of parameters: those that could take for ever are refused, and the others mean what `re` means."""

import re

import pytest
from clinical.domain.query_product.patterns import matches, problem_of_pattern

TAKEN = [
    "",
    "a",
    "[A-Z]",
    "[A-Z][0-9]{2}[.]?[a-z]*",
    r"\d{1,7}-\d",
    r"openEHR-EHR-[A-Z_]+\.[a-z_-]+\.v\d+",
    "[^,]+,[^,]*",
    "[A-Z_-]{3}",
    "a{2}a{2}a",
    "a*b*c*d*",
    "a?b?c{0,3}d",
    r"\w+ \w+",
    "ä[à-ö]+",
    ".*",
    "a{0}b",
    r"[\]\^\-\\]+x",
]
ENDLESS = [
    "(?:a{1,64}){1,64}b",
    "(?:a|aa)+b",
    "(a+)+",
    "(a)\\1",
    "a|b",
    "(?=a)a",
    "a?a",
    "a?" * 30 + "a" * 30,
    "a{1,64}a{1,64}b",
    "a*b?a",
    "a*b{0,2}c*a",
    "a*b{0}a",
    ".*x",
    r"\w*_",
    r"[^\d]+[.]",
    "[A-F]*[f-zF]",
    "[a-c]+[^a-b]",
    "[^a]+[^b]",
    "[^a]+\U0010ffff",
]
NONE = [
    "(",
    "[",
    "[]",
    "a++",
    "a+?",
    "*",
    "^a$",
    "a{3,2}",
    "[z-a]",
    "[a--b]",
    "[[a]]",
    "[a&&b]",
    r"\s",
    r"\b",
    "\\",
]
TEXTS = [
    "",
    "a",
    "B",
    "é",
    "A12.x",
    "A12",
    "1234567-8",
    "12345678-9",
    "a,b",
    "abcd",
    "bdd",
    "aaaaa",
    "ab cd",
    "\n",
]


@pytest.mark.parametrize("pattern", TAKEN)
def test_a_pattern_that_is_taken_means_what_it_means_to_python(pattern: str) -> None:
    assert problem_of_pattern(pattern) is None
    for text in TEXTS:
        assert matches(pattern, text) is (re.fullmatch(pattern, text, re.ASCII) is not None)


@pytest.mark.parametrize("pattern", [*ENDLESS, *NONE])
def test_no_other_is_ever_tried(pattern: str) -> None:
    assert problem_of_pattern(pattern)
    for text in ("a" * 1000, "a", "b", "("):
        assert not matches(pattern, text)


@pytest.mark.parametrize("text", ["é", "٣"])
def test_classes_are_of_ascii_as_in_json_schema(text: str) -> None:
    assert not matches(r"[\w\d]", text)
