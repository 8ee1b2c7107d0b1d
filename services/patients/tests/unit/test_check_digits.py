import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patients.domain.check_digits import CheckDigitWrong, CheckRuleUnknown, check, list_rules

# Published examples, of python-stdnum's documentation and of public validators; those of ca.on_hcn and gb.chi
# are made by the rule. Each is of a scheme that finds every single wrong digit.
FINDS_EVERY_WRONG_DIGIT = {
    "at.vnr": ("1237 010180", "1237010180"),
    "au.ihi": ("8003 6088 3335 7361", "8003608833357361"),
    "be.nn": ("85 07 30 033 28", "85073003328"),
    "bg.egn": ("8032056031", "8032056031"),
    "ca.bc_phn": ("9698 658 215", "9698658215"),
    "ca.sin": ("123-456-782", "123456782"),
    "ca.on_hcn": ("9876-543-217", "9876543217"),
    "ch.ssn": ("756.9217.0769.85", "7569217076985"),
    "cl.rut": ("12531909-2", "125319092"),
    "cn.ric": ("360426199101010071", "360426199101010071"),
    "cz.rc": ("710319/2745", "7103192745"),
    "damm": ("572-4", "5724"),
    "de.idnr": ("36 574 261 809", "36574261809"),
    "de.kvnr": ("X110 411 319", "X110411319"),
    "es.dni": ("54362315-K", "54362315K"),
    "es.nie": ("x-2482300w", "X2482300W"),
    "fi.hetu": ("131052-308T", "131052-308T"),
    "fr.nir": ("2 95 10 99 126 111 93", "295109912611193"),
    "gb.chi": ("010190 0112", "0101900112"),
    "gb.nhs": ("943-476-5870", "9434765870"),
    "gr.amka": ("01013099997", "01013099997"),
    "hr.oib": ("HR 33392005961", "33392005961"),
    "ie.pps": ("6433435F", "6433435F"),
    "il.idnr": ("3933742-3", "039337423"),
    "in.aadhaar": ("234123412346", "234123412346"),
    "iso7064.mod_11_2": ("079X", "079X"),
    "iso7064.mod_37_2": ("G1234 89654 321Y", "G123489654321Y"),
    "iso7064.mod_97_10": ("9999123456789012141490", "9999123456789012141490"),
    "it.codicefiscale": ("RCCMNL83S18D969H", "RCCMNL83S18D969H"),
    "jp.in": ("6214 9832 0257", "621498320257"),
    "kr.rrn": ("971013-9019902", "9710139019902"),
    "luhn": ("7992739871 3", "79927398713"),
    "lv.personas_kods": ("161175-19997", "16117519997"),
    "nl.bsn": ("1112.22.333", "111222333"),
    "no.fodselsnummer": ("151086 95088", "15108695088"),
    "pl.pesel": ("44051401359", "44051401359"),
    "pt.cc": ("00000000 0 ZZ4", "000000000ZZ4"),
    "ro.cnp": ("1630615123457", "1630615123457"),
    "rs.jmbg": ("0101006500006", "0101006500006"),
    "se.personnummer": ("880320-0016", "880320-0016"),
    "si.emso": ("0101006500006", "0101006500006"),
    "verhoeff": ("12340", "12340"),
}

# These find most.
OTHERS = {
    "ar.dni": ("20.123.456", "20123456"),
    "au.medicare": ("2123 45670 1", "2123456701"),
    "br.cns": ("898 0011 6066 0761", "898001160660761"),
    "br.cpf": ("390.533.447-05", "39053344705"),
    "dk.cpr": ("211062-5629", "2110625629"),
    "ee.ik": ("36805280109", "36805280109"),
    "id.nik": ("3171011708450001", "3171011708450001"),
    "is.kennitala": ("120174-3399", "1201743399"),
    "kz.iin": ("791028302728", "791028302728"),
    "lt.asmens": ("33309240064", "33309240064"),
    "mx.curp": ("BOXW310820HNERXN09", "BOXW310820HNERXN09"),
    "my.nric": ("770305-02-1234", "770305021234"),
    "nz.nhi": ("zzz 0016", "ZZZ0016"),
    "pk.cnic": ("34201-0891231-8", "3420108912318"),
    "ru.snils": ("112-233-445 95", "11223344595"),
    "ua.rntrc": ("1759013776", "1759013776"),
    "za.idnr": ("7503305044089", "7503305044089"),
}

KNOWN = FINDS_EVERY_WRONG_DIGIT | OTHERS


@pytest.mark.parametrize("rule", KNOWN)
def test_a_known_number_is_right_and_comes_back_compact(rule: str) -> None:
    value, compact = KNOWN[rule]

    assert check(rule, value) == compact
    assert check(rule, compact) == compact


@pytest.mark.parametrize("rule", FINDS_EVERY_WRONG_DIGIT)
def test_every_wrong_digit_is_found(rule: str) -> None:
    _, right = FINDS_EVERY_WRONG_DIGIT[rule]

    for place, digit in enumerate(right):
        for wrong in set("0123456789") - {digit} if digit.isdigit() else ():
            with pytest.raises(CheckDigitWrong):
                check(rule, right[:place] + wrong + right[place + 1 :])


@pytest.mark.parametrize(
    "value", ["ZZZ0024", "ZAC5361", "ZBN77VL", "ZZZ00AC", "ZDR69YX", "ZSC21TN", "ZVB97XQ", "ZYZ89XY"]
)
def test_old_and_new_nhi_numbers_are_right(value: str) -> None:
    assert check("nz.nhi", value.lower()) == value


@pytest.mark.parametrize("value", ["ZZZ0044", "ZZZ0040", "ZZZ00AA", "ZZI0016", "ZBN77VM"])
def test_wrong_nhi_numbers_are_found(value: str) -> None:
    with pytest.raises(CheckDigitWrong):
        check("nz.nhi", value)


@pytest.mark.parametrize("value", ["123456789010000", "200000000060006", "700000000000005"])
def test_definite_and_provisional_cns_numbers_are_right(value: str) -> None:
    assert check("br.cns", value) == value


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("br.cns", "123456789010019"),  # fits mod 11, but its check digit would have been 0
        ("kz.iin", "061311600017"),
        ("lv.personas_kods", "40003521600"),
        ("au.medicare", "7123456701"),
        ("au.medicare", "2123456700"),
    ],
)
def test_what_a_rule_never_gives_out_is_wrong(rule: str, value: str) -> None:
    with pytest.raises(CheckDigitWrong):
        check(rule, value)


def test_early_snils_numbers_have_no_check() -> None:
    assert check("ru.snils", "001-001-998 77") == "00100199877"


@pytest.mark.parametrize(
    ("rule", "value", "problem"),
    [
        ("gb.nhs", "9434765871", "check-digit"),
        ("gb.nhs", "943476587", "length"),
        ("gb.nhs", "94347658x0", "format"),
        ("pl.pesel", "02381307589", "component"),
        ("de.kvnr", "X110411318", "check-digit"),
        ("de.kvnr", "110411319", "length"),
        ("luhn", "", "format"),
        ("luhn", "٧٨٩٤", "format"),
    ],
)
def test_an_error_says_what_is_wrong_and_never_the_value(rule: str, value: str, problem: str) -> None:
    with pytest.raises(CheckDigitWrong) as caught:
        check(rule, value)

    assert caught.value.problem == problem
    assert caught.value.errors[0].code == problem
    assert not value or value not in f"{caught.value}{caught.value.errors}{caught.value.__cause__}"


def test_a_rule_that_is_not_listed_is_unknown() -> None:
    with pytest.raises(CheckRuleUnknown):
        check("gb.vat", "1")


def test_rules_have_titles_and_are_sorted() -> None:
    assert list(list_rules()) == sorted(list_rules())
    assert all(list_rules().values())
    assert set(KNOWN) <= set(list_rules())


@pytest.mark.parametrize("rule", list_rules())
@settings(max_examples=30)
@given(st.text() | st.text("0123456789-+X ", max_size=20))
def test_any_text_is_either_right_or_wrong(rule: str, text: str) -> None:
    try:
        compact = check(rule, text)
    except CheckDigitWrong:
        return
    assert check(rule, compact) == compact
