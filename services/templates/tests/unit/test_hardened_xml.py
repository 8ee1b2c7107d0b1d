"""What the parser lets in, and how little it costs to keep the rest out."""

import resource
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openward_cli.demo import vital_signs
from openward_servicekit.errors import Invalid
from templates.domain.hardened_xml import MAX_MARKUP, from_latin_1, parse, same_document

OPT = vital_signs.opt()
ENTITY = "<!DOCTYPE template [<!ENTITY secret 'x'>]><template>&secret;</template>"


def laughs(inside: bytes) -> bytes:
    names = [b"e%d" % number for number in range(12)]
    pairs = zip(names[1:], names, strict=False)
    entities = b"".join(b'<!ENTITY %s "%s">' % (name, (b"&%s;" % below) * 10) for name, below in pairs)
    return b'<!DOCTYPE t [<!ENTITY e0 "lol">' + entities + b"]>" + inside


ATTACKS: dict[str, tuple[bytes, str]] = {
    "billion laughs": (laughs(b"<t>&e11;</t>"), "template-xml-forbidden"),
    "billion laughs in an attribute": (laughs(b'<t a="&e11;"/>'), "template-xml-forbidden"),
    "quadratic": (
        b"<!DOCTYPE t [<!ENTITY a '" + b"x" * 100_000 + b"'>]><t>" + b"&a;" * 100_000 + b"</t>",
        "template-xml-forbidden",
    ),
    "external entity": (
        b'<!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/passwd">]><t>&a;</t>',
        "template-xml-forbidden",
    ),
    "external document type": (
        b'<!DOCTYPE t SYSTEM "http://127.0.0.1:9/evil.dtd"><t/>',
        "template-xml-forbidden",
    ),
    "parameter entity": (
        b'<!DOCTYPE t [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><t/>',
        "template-xml-forbidden",
    ),
    "document type behind a comment": (
        b"<?xml version='1.0'?>\n<!-- <t/> -->\n" + ENTITY.encode(),
        "template-xml-forbidden",
    ),
    "document type behind an instruction": (b"<?a ?><!DOCTYPE t><t/>", "template-xml-forbidden"),
    "document type behind a byte order mark": (b"\xef\xbb\xbf" + ENTITY.encode(), "template-xml-forbidden"),
    "XInclude": (
        b'<t xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/></t>',
        "template-xml-forbidden",
    ),
    "style sheet": (
        b'<?xml version="1.0"?><?xml-stylesheet href="http://a/b.xsl"?><t/>',
        "template-xml-forbidden",
    ),
    "instruction inside": (b"<t><?php echo 1 ?></t>", "template-xml-forbidden"),
    "instruction at the end": (b"<t/><?a?>", "template-xml-forbidden"),
    "UTF-16 document type": (
        f'<?xml version="1.0" encoding="UTF-16"?>{ENTITY}'.encode("utf-16"),
        "template-malformed",
    ),
    "UTF-16 without a mark": (f"<t>{'x' * 9}</t>".encode("utf-16-le"), "template-malformed"),
    "UTF-7 document type": (
        b'<?xml version="1.0" encoding="UTF-7"?>' + ENTITY.encode("utf-7"),
        "template-malformed",
    ),
    "EBCDIC": ('<?xml version="1.0"?><t/>'.encode("cp500"), "template-malformed"),
    "Latin-1 that says so": (b"<?xml version='1.0' encoding='ISO-8859-1'?><t>x</t>", "template-malformed"),
    "deep": (b"<t>" * 200_000, "template-too-complex"),
    "deep and closed": (b"<t>" * 300 + b"</t>" * 300, "template-too-complex"),
    "wide": (b"<t>" + b"<t/>" * MAX_MARKUP + b"</t>", "template-too-complex"),
    "many attributes": (
        b"<t>" + b'<t a="" b="" c=""/>' * (MAX_MARKUP // 4) + b"</t>",
        "template-too-complex",
    ),
    "long text": (b"<t>" + b"x" * 11_000_000 + b"</t>", "template-too-complex"),
    "long attribute": (b'<t a="' + b"x" * 11_000_000 + b'"/>', "template-too-complex"),
    "long name": (b"<" + b"t" * 1_000_000 + b"/>", "template-malformed"),
    "truncated": (OPT[:5000], "template-malformed"),
    "empty": (b"", "template-malformed"),
    "text": (b"SECRET", "template-malformed"),
    "binary": (bytes(range(256)), "template-malformed"),
    "null character": (b"<t>\0</t>", "template-malformed"),
    "control character": (b"<t>&#1;</t>", "template-malformed"),
    "undeclared entity": (b"<t>&SECRET;</t>", "template-malformed"),
    "two roots": (b"<t/><SECRET/>", "template-malformed"),
    "blank before the declaration": (b"\n" + OPT, "template-malformed"),
    "prefix without a namespace": (b"<t SECRET:a='1'/>", "template-malformed"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_at_once_and_in_little_memory(name: str) -> None:
    document, slug = ATTACKS[name]
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()

    with pytest.raises(Invalid) as refused:
        parse(document)

    assert refused.value.slug == slug
    assert time.perf_counter() - started < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB
    said = f"{refused.value.detail} {refused.value.errors}"
    assert not [word for word in ("SECRET", "secret", "passwd", "lol", "127.0") if word in said]


def test_a_document_sent_as_latin_1_is_read_as_such() -> None:
    sent = "<?xml version='1.0'?><t>Größe</t>".encode("latin-1")

    assert parse(from_latin_1(sent)).text == "Größe"


def test_a_document_sent_as_latin_1_that_declares_an_encoding_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        from_latin_1("<?xml version='1.0' encoding='UTF-8'?><t>Größe</t>".encode())

    assert refused.value.slug == "template-malformed"


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (b"<t>\n  <a></b>\n</t>", "line 2, column 10"),
        (b"<t>\n  <a b='1' b='2'/></t>", "line 2, column 17"),
        (b"<t>\n\xe4\xf6</t>", "line 2, column 1"),
        (b"<t>\n<a>", "line 2, column 4"),
        (b"<?xml version='1.0' encoding='latin1'?><t/>", "line 1, column 31"),
    ],
)
def test_a_malformed_document_says_where(document: bytes, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(document)

    assert [error.path for error in refused.value.errors] == [place]
    assert place in (refused.value.detail or "")


@pytest.mark.parametrize(
    "document",
    [
        OPT,
        b"\xef\xbb\xbf" + OPT,
        OPT.replace(b"\n", b"\r\n"),
        OPT.replace(b'"UTF-8"', b"'utf-8'"),
        OPT.partition(b"\n")[2],
        b"<t><![CDATA[<!DOCTYPE t [<!ENTITY a 'x'>]>]]></t>",
        b"<t><!-- <!DOCTYPE t> --></t>",
        "<t>Übergewicht, 体重</t>".encode(),
        b"<t>" * 200 + b"</t>" * 200,
    ],
)
def test_an_honest_document_is_read(document: bytes) -> None:
    assert parse(document).tag


def test_a_template_of_the_largest_size_is_read() -> None:
    one = b'<items code="at0001"><value>Some text that explains it</value></items>\n'
    document = b"<t>" + one * (19_000_000 // len(one)) + b"</t>"
    started = time.perf_counter()

    assert len(parse(document)) == 19_000_000 // len(one)
    assert time.perf_counter() - started < 60


def slug_of(document: bytes) -> str:
    """Why it is refused; empty when it is read."""
    try:
        parse(document)
    except Invalid as refused:
        return refused.slug
    return ""


@given(st.binary(max_size=200))
def test_whatever_is_sent_is_read_or_refused(noise: bytes) -> None:
    refusals = {"", "template-malformed", "template-xml-forbidden", "template-too-complex"}
    for document in (noise, b"<t>" + noise + b"</t>", OPT[:300] + noise + OPT[300:]):
        assert slug_of(document) in refusals


@pytest.mark.parametrize(
    "other",
    [
        OPT,
        OPT.partition(b"\n")[2],
        OPT.replace(b"\n", b"\r\n"),
        OPT.replace(b"\n ", b"\n\t\t"),
        OPT.replace(b"<concept>", b"<!-- said elsewhere --><concept>\n "),
        OPT.replace(b"Blood pressure", b"<![CDATA[Blood pressure]]>"),
        OPT.replace(b"Blood pressure", b"Blood&#32;pressure"),
    ],
)
def test_the_same_document_may_be_written_differently(other: bytes) -> None:
    assert same_document(OPT, other)
    assert same_document(other, OPT)


@pytest.mark.parametrize(
    "other",
    [
        OPT.replace(b"Blood pressure", b"Blood  pressure"),
        OPT.replace(b"Blood pressure", b"blood pressure"),
        OPT.replace(b'code="at0004"', b'code="at0005"', 1),
        OPT.replace(b"<node_id>at0000</node_id>", b"", 1),
        OPT.replace(b"</template>", b"<view/></template>"),
        OPT.replace(b"</concept>", b"</concept>and more"),
        OPT.replace(b'xmlns="http://schemas.openehr.org/v1"', b'xmlns="http://schemas.openehr.org/v2"'),
    ],
)
def test_another_document_is_another(other: bytes) -> None:
    assert not same_document(OPT, other)
    assert not same_document(other, OPT)
