import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openward_servicekit.auth.patterns import is_pattern, matches
from openward_servicekit.auth.scopes import Scope, parse_scope, parse_scopes

PERMS = "cruds"


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("patient/composition-*.rs", Scope("patient", "composition", "*", frozenset("rs"))),
        (
            "user/composition-MyHospital::*.cruds",
            Scope("user", "composition", "MyHospital::*", frozenset(PERMS)),
        ),
        ("system/aql-*.rs", Scope("system", "aql", "*", frozenset("rs"))),
        (
            "patient/aql-org.openehr::bloodpressure.v1.rs",
            Scope("patient", "aql", "org.openehr::bloodpressure.v1", frozenset("rs")),
        ),
        ("user/template-*.crud", Scope("user", "template", "*", frozenset("crud"))),
        ("user/template-a-b.r", Scope("user", "template", "a-b", frozenset("r"))),
        (
            "user/composition-IDCR%20-%20Laboratory%20Test%20Report.v0.rs",
            Scope("user", "composition", "IDCR - Laboratory Test Report.v0", frozenset("rs")),
        ),
        (
            "user/composition-Bericht%20%C3%BCber.v1.r",
            Scope("user", "composition", "Bericht über.v1", frozenset("r")),
        ),
        ("user/composition-%c3%bc.v1.r", Scope("user", "composition", "ü.v1", frozenset("r"))),
        ("user/composition-%22a%5C%22.r", Scope("user", "composition", '"a\\"', frozenset("r"))),
        ("user/Patient.cruds", Scope("user", "fhir", "Patient", frozenset(PERMS))),
        ("patient/Observation.rs", Scope("patient", "fhir", "Observation", frozenset("rs"))),
        ("patient/*.read", Scope("patient", "fhir", "*", frozenset("rs"))),
        ("user/Patient.write", Scope("user", "fhir", "Patient", frozenset("cud"))),
        ("system/*.*", Scope("system", "fhir", "*", frozenset(PERMS))),
        (
            "patient/Observation.rs?category=http://terminology.test/x|laboratory.v1",
            Scope("patient", "fhir", "Observation", frozenset("rs"), narrowed=True),
        ),
    ],
)
def test_a_resource_scope_is_read(token: str, expected: Scope) -> None:
    assert parse_scope(token) == expected


@pytest.mark.parametrize(
    "token",
    [
        # other scopes
        *("openid", "profile", "offline_access", "launch", "launch/patient", "fhirUser", "__all__", ""),
        # compartments
        *(
            "admin/composition-*.rs",
            "Patient/composition-*.rs",
            "/composition-*.rs",
            "composition-*.rs",
            "user",
        ),
        *("user//composition-*.rs", "patient/user/composition-*.rs", "*/composition-*.rs"),
        # permissions
        *(
            "patient/composition-*.sr",
            "patient/composition-*.rr",
            "patient/composition-*.",
            "patient/composition-*",
        ),
        *(
            "user/composition-*.x",
            "user/composition-*.CRUDS",
            "user/composition-*.read",
            "user/composition-*.*",
        ),
        *(
            "user/Patient.sr",
            "user/Patient.",
            "user/Patient",
            "user/Patient.readwrite",
            "user/Patient.cruds.r",
        ),
        # resources
        *("patient/template-*.r", "patient/ehr-*.rs", "patient/composition-.rs", "user/.rs", "user/*x.rs"),
        *("user/patient.rs", "user/Patient1.rs", "user/P.rs", "user/Composition-x.rs", "user/composition.rs"),
        # characters that no scope token has (RFC 6749)
        *("patient/composition-a b.rs", 'patient/composition-"x".rs', "patient/composition-x\\y.rs"),
        *("user/composition-*.cruds\n", "\nuser/Patient.rs", "user/Patient.rs\t", "user/Patient.rs\0"),
        *("user/composition-ü.r", "user/composition-\u2028.r", "user/composition-" + "a" * 600 + ".r"),
        # percent-encoding: only what cannot be written plainly, once
        *(
            "user/composition-%2525.r",
            "user/composition-%00.r",
            "user/composition-%2A.r",
            "user/composition-%41.r",
        ),
        *(
            "user/composition-%3A%3A.r",
            "user/composition-%.r",
            "user/composition-%zz.r",
            "user/composition-%FF.r",
        ),
        *("user/composition-%0A.r", "user/composition-%E2%80%AE.r", "user/composition-a%3Fb.r"),
        # queries
        *("patient/Observation.rs?", "user/composition-*.rs?x=y", "user/composition-a?b.rs"),
        # wildcards
        *("user/composition-***.r", "user/composition-a**.r", "user/composition-**::a.r"),
        *("user/composition-*a*b*c*d*.r", "user/composition-a::**::b.r"),
    ],
)
def test_what_is_no_resource_scope_grants_nothing(token: str) -> None:
    assert parse_scope(token) is None


def test_a_scope_claim_is_a_list_of_tokens() -> None:
    scopes = parse_scopes("openid  user/Patient.r launch user/nonsense system/aql-*.s ")

    assert [scope.target for scope in scopes] == ["Patient", "*"]


def test_a_narrowed_scope_is_known_but_grants_nothing() -> None:
    scope = parse_scope("user/Observation.rs?category=laboratory")

    assert scope is not None
    assert not scope.grants("fhir", "r", "Observation")
    assert not scope.could_grant("fhir", "r")


@pytest.mark.parametrize(
    ("token", "kind", "perm", "target", "granted"),
    [
        ("user/Patient.rs", "fhir", "r", "Patient", True),
        ("user/Patient.rs", "fhir", "u", "Patient", False),
        ("user/Patient.rs", "fhir", "r", "PatientX", False),
        ("user/*.rs", "fhir", "r", "Patient", True),
        ("user/*.cruds", "composition", "r", "Patient", False),
        ("user/composition-*.rs", "composition", "s", "T.v1", True),
        ("user/composition-*.rs", "template", "r", "T.v1", False),
        ("user/template-*.r", "composition", "r", "T.v1", False),
        ("user/aql-adhoc.s", "aql", "s", "adhoc", True),
        ("user/aql-adhoc.s", "aql", "s", "adhoc2", False),
    ],
)
def test_grants(token: str, kind: str, perm: str, target: str, *, granted: bool) -> None:
    scope = parse_scope(token)

    assert scope is not None
    assert scope.grants(kind, perm, target) is granted  # type: ignore[arg-type]  # from the table


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("Template.v0", "Template.v0", True),
        ("Template.v0", "Templateyv0", False),
        ("Template.v0", "template.v0", False),
        ("Template.v0", "Template.v0\n", False),
        ("*", "ns::anything at all", True),
        ("**", "ns::anything at all", True),
        ("*::Template.v0", "ns::Template.v0", True),
        ("*::Template.v0", "Template.v0", False),
        ("MyHospital::*", "MyHospital::x.v1", True),
        ("MyHospital::*", "Other::x", False),
        ("MyHospital::*", "MyHospital::a::b", False),
        ("MyHospital::*", "MyHospital", False),
        ("MyHospital::**", "MyHospital::a::b", True),
        ("MyHospital::**", "MyHospital::a", True),
        ("MyHospital::**", "MyHospital", False),
        ("MyHospital::**", "MyHospitalX::a", False),
        ("lab_*.v1", "lab_report.v1", True),
        ("lab_*.v1", "lab_report.v10", False),
        ("lab_*.v1", "x_lab_report.v1", False),
        ("ab*ba", "aba", False),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("a*::*b", "ax::xb", True),
        ("a[bc]", "ab", False),
        ("a?", "ab", False),
    ],
)
def test_patterns(pattern: str, name: str, *, expected: bool) -> None:
    assert matches(pattern, name) is expected


@pytest.mark.parametrize("pattern", ["", "***", "a**", "**a", "a::**::b", "**::a", "*a*a*a*a*", "a" * 257])
def test_malformed_patterns_match_nothing_not_even_themselves(pattern: str) -> None:
    assert not is_pattern(pattern)
    assert not matches(pattern, pattern)


@pytest.mark.parametrize("pattern", ["*", "**", "a*"])
def test_a_name_of_unusual_length_is_matched_by_nothing(pattern: str) -> None:
    assert matches(pattern, "a" * 256)
    assert not matches(pattern, "a" * 257)


def test_hostile_patterns_take_no_time() -> None:
    started = time.process_time()
    for _ in range(200):
        assert not matches("*a*a*a*ab", "a" * 255)
        assert not matches("*a*a*a*a", "a" * 255 + "b")
    matches("*a*a*a*a", "a" * 10**7)
    parse_scope("user/composition-" + "%" * 490 + ".r")
    parse_scope("user/" + "A" * 500 + ".r")

    assert time.process_time() - started < 10


def slow_match(pattern: str, name: str) -> bool:
    """What a star means, literally: any run of characters. Exponential, so for short texts only."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(slow_match(pattern[1:], name[i:]) for i in range(len(name) + 1))
    return name[:1] == pattern[0] and slow_match(pattern[1:], name[1:])


@given(st.text("ab*", min_size=2, max_size=8).filter(is_pattern), st.text("ab", max_size=10))
def test_a_star_within_a_segment_means_any_run_of_characters(pattern: str, name: str) -> None:
    assert matches(pattern, name) is slow_match(pattern, name)


@given(
    st.lists(st.text("ab*", min_size=1, max_size=3), min_size=2, max_size=3),
    st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=3),
)
def test_segments_match_one_by_one(patterns: list[str], names: list[str]) -> None:
    pattern = "::".join(patterns)
    if not is_pattern(pattern) or patterns[-1] == "**":
        return

    expected = len(patterns) == len(names) and all(map(slow_match, patterns, names))

    assert matches(pattern, "::".join(names)) is expected


@given(st.text(max_size=300))
def test_any_text_is_a_scope_or_not_and_never_an_error(token: str) -> None:
    scope = parse_scope(token)

    assert scope is None or scope.perms <= set(PERMS)


perm_sets = st.sets(st.sampled_from(PERMS), min_size=1)


@given(
    compartment=st.sampled_from(["user", "system", "patient"]),
    kind=st.sampled_from(["composition", "aql"]),
    target=st.text("aZ09._-:", min_size=1, max_size=20),
    perms=perm_sets,
)
def test_what_is_written_by_the_grammar_is_read_back(
    compartment: str, kind: str, target: str, perms: set[str]
) -> None:
    letters = "".join(sorted(perms, key=PERMS.index))

    scope = parse_scope(f"{compartment}/{kind}-{target}.{letters}")

    assert scope is not None
    assert [scope.compartment, scope.kind, scope.target, set(scope.perms)] == [
        compartment,
        kind,
        target,
        perms,
    ]


@given(perm_sets, st.randoms())
def test_permissions_have_one_order(perms: set[str], random: object) -> None:
    shuffled = list(perms)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    in_order = shuffled == sorted(shuffled, key=PERMS.index)

    assert (parse_scope(f"user/Patient.{''.join(shuffled)}") is not None) is in_order


def test_a_scope_grants_exactly_its_letters() -> None:
    scope = parse_scope("user/composition-T.v1.cu")

    assert scope is not None
    granted = [
        (kind, perm)
        for kind, perm in product(("fhir", "composition", "template", "aql"), PERMS)
        if scope.grants(kind, perm, "T.v1")  # type: ignore[arg-type]  # all there are
    ]
    assert granted == [("composition", "c"), ("composition", "u")]
