from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patients.domain.check_digits import CheckDigitWrong, contradictions, facts_in, list_rules

# Documented examples; what they say follows from the published layout of each number.
FACTS: list[tuple[str, str, date | None, str | None]] = [
    ("be.nn", "85 07 30 033 28", date(1985, 7, 30), "male"),
    ("be.nn", "17 07 30 033 84", date(2017, 7, 30), "male"),
    ("be.bis", "98 47 28 997 65", date(1998, 7, 28), "male"),
    ("be.ssn", "85 07 30 033 28", date(1985, 7, 30), "male"),
    ("bg.egn", "8032056031", date(1880, 12, 5), "female"),
    ("cn.ric", "360426199101010071", date(1991, 1, 1), "male"),
    ("cu.ni", "91021027775", date(1991, 2, 10), "female"),
    ("cz.rc", "710319/2745", date(1971, 3, 19), "male"),
    ("dk.cpr", "211062-5629", date(1862, 10, 21), "male"),
    ("ee.ik", "36805280109", date(1968, 5, 28), "male"),
    ("fi.hetu", "131052-308T", date(1952, 10, 13), "female"),
    ("fr.nir", "2 95 10 99 126 111 93", None, "female"),
    ("gb.chi", "0101900112", date(1990, 1, 1), "male"),
    ("gb.nhs", "943-476-5870", None, None),
    ("gr.amka", "01013099997", date(1930, 1, 1), "male"),
    ("id.nik", "3171011708450001", date(1945, 8, 17), "male"),
    ("is.kennitala", "120174-3399", date(1974, 1, 12), None),
    ("is.kennitala", "450401-3150", None, None),
    ("it.codicefiscale", "RCCMNL83S18D969H", date(1983, 11, 18), "male"),
    ("it.codicefiscale", "00743110157", None, None),
    ("kr.rrn", "971013-9019902", date(1897, 10, 13), "male"),
    ("kz.iin", "791028302728", date(1979, 10, 28), "male"),
    ("kz.iin", "061211600012", date(2006, 12, 11), "female"),
    ("lt.asmens", "33309240064", date(1933, 9, 24), "male"),
    ("lv.personas_kods", "161175-19997", date(1975, 11, 16), None),
    ("mx.curp", "BOXW310820HNERXN09", date(1931, 8, 20), "male"),
    ("my.nric", "770305-02-1234", None, "female"),
    ("no.fodselsnummer", "151086 95088", date(1986, 10, 15), "female"),
    ("pk.cnic", "34201-0891231-8", None, "female"),
    ("pl.pesel", "44051401359", date(1944, 5, 14), "male"),
    ("ro.cnp", "1630615123457", date(1963, 6, 15), "male"),
    ("se.personnummer", "880320-0016", date(1988, 3, 20), "male"),
    ("si.emso", "0101006500006", date(2006, 1, 1), "male"),
    ("sk.rc", "710319/2745", date(1971, 3, 19), "male"),
    ("ua.rntrc", "1759013776", date(1948, 2, 28), "male"),
    ("za.idnr", "7503305044089", date(1975, 3, 30), "male"),
]


@pytest.mark.parametrize(("rule", "value", "birth_date", "gender"), FACTS)
def test_a_number_says_birth_date_and_sex(
    rule: str, value: str, birth_date: date | None, gender: str | None
) -> None:
    assert facts_in(rule, value) == (birth_date, gender)
    assert contradictions(rule, value, birth_date, gender) == ()


def test_a_record_that_differs_is_contradicted() -> None:
    assert contradictions("pl.pesel", "44051401359", date(1944, 5, 15), "female") == ("birth_date", "gender")
    assert contradictions("pl.pesel", "44051401359", date(1844, 5, 14), "male") == ("birth_date",)


def test_what_a_record_leaves_open_is_not_contradicted() -> None:
    assert contradictions("pl.pesel", "44051401359", None, None) == ()
    assert contradictions("pl.pesel", "44051401359", None, "unknown") == ()


@pytest.mark.parametrize(
    ("rule", "value", "birth_date"),
    [
        ("za.idnr", "7503305044089", date(1875, 3, 30)),
        ("it.codicefiscale", "RCCMNL83S18D969H", date(1883, 11, 18)),
        ("se.personnummer", "880320-0016", date(1888, 3, 20)),
    ],
)
def test_a_guessed_century_contradicts_nothing(rule: str, value: str, birth_date: date) -> None:
    assert contradictions(rule, value, birth_date, None) == ()


def test_a_personnummer_with_its_century_is_no_guess() -> None:
    assert contradictions("se.personnummer", "19880320-0016", date(1888, 3, 20), None) == ("birth_date",)


@pytest.mark.parametrize("rule", list_rules())
@settings(max_examples=30)
@given(st.text("0123456789-+XHM ", min_size=8, max_size=16))
def test_facts_of_any_right_number_can_be_asked(rule: str, text: str) -> None:
    try:
        facts = facts_in(rule, text)
    except CheckDigitWrong:
        return
    assert facts.gender in (None, "female", "male")
