"""A template in which nothing is wrong, a constraint on each line; tests break it in one place each."""

import re

import pytest
from openward_testkit import opts

TERMS = {
    "at0004": "Pressure",
    "at0005": "Position",
    "at0006": "Pain",
    "at0007": "Comment",
    "at0008": "Seen at",
    "at0009": "Rested for",
    "at0014": "Steps",
    "at0015": "Fasting",
    "at0016": "Device",
    "at0017": "Limb",
    "at0018": "Side",
    "at0019": "Cuff",
    "at0010": "Sitting",
    "at0011": "Lying",
    "at0012": "None",
    "at0013": "Some",
}

STARTING_A_LINE = "children|attributes|list|code_list|term_definitions|items|details|uid|concept|item|pattern"
#: What the templates of other tests are not strict about.
REPAIRED = {
    "<value>1</value></uid>": "<value>6f1c1f9e-3f0e-4d5c-9b0a-6a4f6a1f7e01</value></uid>",
    "draft": "published",
    "<concept>small.v1": "<concept>Pulse",
}


def quantity() -> str:
    phrase = "<terminology_id><value>openehr</value></terminology_id><code_string>125</code_string>"
    measured = f"<property>{phrase}</property>"
    magnitude, precision = opts.interval("magnitude", (0, 300)), opts.interval("precision", (0, 1))
    units = f"<list>{magnitude}{precision}<units>mm[Hg]</units></list>"
    other = f"<list>{opts.interval('magnitude', (0, 40))}<units>kPa</units></list>"
    assumed = "<assumed_value><magnitude>120</magnitude><units>mm[Hg]</units></assumed_value>"
    return opts.constraint("DV_QUANTITY", assumed, measured, units, other, kind="C_DV_QUANTITY")


def ordinal() -> str:
    def entry(value: int, code: str) -> str:
        phrase = f"<terminology_id><value>local</value></terminology_id><code_string>{code}</code_string>"
        symbol = f"<symbol><value/><defining_code>{phrase}</defining_code></symbol>"
        return f"<list><value>{value}</value>{symbol}</list>"

    return opts.constraint("DV_ORDINAL", entry(0, "at0012"), entry(1, "at0013"), kind="C_DV_ORDINAL")


def of_value(rm_type: str, attribute: str, primitive: str, *parts: str) -> str:
    return opts.constraint(rm_type, opts.single(attribute, opts.primitive(primitive, *parts)))


def slot() -> str:
    left = '<left_operand xsi:type="EXPR_LEAF"><item>archetype_id/value</item></left_operand>'
    pattern = r'<item xsi:type="C_STRING"><pattern>openEHR-EHR-CLUSTER\.device\.v1</pattern></item>'
    right = f'<right_operand xsi:type="EXPR_LEAF">{pattern}</right_operand>'
    expression = (
        f'<expression xsi:type="EXPR_BINARY_OPERATOR"><operator>2007</operator>{left}{right}</expression>'
    )
    includes = f"<includes>{expression}</includes>"
    return opts.constraint("CLUSTER", includes, code="at0016", kind="ARCHETYPE_SLOT", occurs=(0, 1))


def primitives() -> list[str]:
    minutes, steps = opts.interval("range", ("PT1M", "PT2H")), opts.interval("range", (0, 10))
    rested = of_value("DV_DURATION", "value", "DURATION", "<pattern>PTHM</pattern>", minutes)
    counted = of_value("DV_COUNT", "magnitude", "INTEGER", steps, "<assumed_value>5</assumed_value>")
    either = "<true_valid>true</true_valid><false_valid>true</false_valid>"
    seen = of_value("DV_DATE_TIME", "value", "DATE_TIME", "<pattern>yyyy-mm-ddTHH:??:XX</pattern>")
    return [
        opts.element("at0008", seen),
        opts.element("at0009", rested),
        opts.element("at0014", counted),
        opts.element("at0015", of_value("DV_BOOLEAN", "value", "BOOLEAN", either)),
    ]


def items() -> list[str]:
    limb = opts.many("items", opts.element("at0018", opts.text()), opts.element("at0019"), cardinality=(0, 2))
    return [
        opts.element("at0004", quantity()),
        opts.element("at0005", opts.coded("at0010", "at0011")),
        opts.element("at0006", ordinal()),
        opts.element("at0007", opts.text("calm", "restless")),
        *primitives(),
        slot(),
        opts.constraint("CLUSTER", limb, code="at0017", occurs=(0, 2)),
    ]


@pytest.fixture(scope="session")
def clean() -> str:
    data = "/content[openEHR-EHR-OBSERVATION.pulse.v1]/data[at0001]/events[at0002]/data[at0003]"
    observation = opts.observation(*items(), terms=TERMS)
    bindings = (
        '<term_bindings terminology="LOINC"><items code="at0004"><value>'
        "<terminology_id><value>LOINC</value></terminology_id><code_string>8480-6</code_string>"
        "</value></items></term_bindings>"
    )
    observation = (
        observation.replace("</children>", "</children>").removesuffix("</children>")
        + f"{bindings}</children>"
    )
    defaults = opts.default(f"{data}/items[at0014]", "value", "DV_COUNT", "<magnitude>3</magnitude>")
    own = {"at0000": "Pulse", "at0001": "History", "at0002": "Any event", "at0003": "Tree"}
    more = (
        opts.ontology(opts.OBSERVATION, {"en": own | TERMS, "de": own | TERMS})
        + f"<constraints>{defaults}</constraints>"
        + opts.annotation(f"[{opts.COMPOSITION}]{data}/items[at0004]", design="large")
    )
    text = opts.composition(observation, more=more, languages=("en", "de")).decode()
    for old, new in REPAIRED.items():
        text = text.replace(old, new)
    return re.sub(f"<({STARTING_A_LINE})[ >]", r"\n\g<0>", text)
