from openward_testkit.corpus_page.page import text
from openward_testkit.corpus_page.row import Row, Step
from openward_testkit.corpus_page.trying import Verdict, module


def test_the_page_has_a_row_for_each_template_and_a_reason_for_what_does_not_pass() -> None:
    good = Row("a|b", "x", "1.0.0", {"warning": 2}, dict.fromkeys(Step, ""))
    bad = Row("refused", done={Step.UPLOAD: "422 no such type"})

    lines = text([good, bad]).splitlines()

    assert "| of 2 | 1 | 1 | 1 | 1 | 1 | 1 | 1 | 1 |" in lines
    assert "| a\\|b | 0/2/0 | yes | yes | yes | yes | yes | yes | yes | yes |" in lines
    assert "| refused | 0/0/0 | no |  |  |  |  |  |  |  |" in lines
    assert lines[-1] == "* refused, upload: 422 no such type"


def test_a_module_can_be_imported_whatever_the_template_is_called() -> None:
    assert module("IDCR - Größe.v1").isidentifier()


def test_a_verdict_says_who_is_of_which_opinion() -> None:
    taken, refused = Verdict("FLAT", "it", {}, ""), Verdict("FLAT", "it", {}, "422 too few")

    assert (taken.accepted, taken.against()) == (True, "it refuses it (FLAT), which EHRbase takes")
    assert refused.against() == "it takes it (FLAT), which EHRbase refuses: 422 too few"
