"""Tables, WFDB headers and XML made by hand to cost time or memory."""

from collections.abc import Callable

from ecgcore.bench.seeds import Files
from ecgcore.leads import LEADS

MB = 2**20
NEARLY_ALL = 19 * MB


def one(name: str, content: bytes) -> Files:
    """Return one file, cut to what an upload may have."""
    return [(name, content[:NEARLY_ALL])]


def rows(row: bytes, size: int = NEARLY_ALL) -> bytes:
    """Repeat a row up to a size."""
    return row * (size // len(row))


_HEADER = ",".join(LEADS).encode()


def _csv(header: bytes, body: bytes = b"") -> Files:
    return one("ecg.csv", header + b"\n" + body)


TEXTS: dict[str, Callable[[], Files]] = {
    "csv: blanks in a column": lambda: _csv(b"I" + b" " * 400 + b"["),
    "csv: many blanks in a column": lambda: _csv(b"I" + b" " * 9_000 + b"[x"),
    "csv: brackets in a column": lambda: _csv(b"I" + b"[(" * 4_500),
    "csv: blanks and brackets": lambda: _csv(b"I" + b" [ " * 3_000),
    "csv: tabs in a column": lambda: _csv(b"I;" + b"\t" * 9_000 + b"(" + b"\t" * 900),
    "csv: time without an end": lambda: _csv(b"time_" + b"a" * 9_000 + b"-,I,II"),
    "csv: digits as a column": lambda: _csv(b"1" * 9_000 + b"x,I"),
    "csv: comments only": lambda: one("ecg.csv", rows(b"#\n")),
    "csv: empty lines only": lambda: one("ecg.csv", rows(b"\n")),
    "csv: carriage returns only": lambda: one("ecg.csv", rows(b"\r")),
    "csv: blank lines": lambda: one("ecg.csv", rows(b" \n")),
    "csv: empty rows": lambda: _csv(_HEADER, rows(b"\n")),
    "csv: rows of separators": lambda: _csv(_HEADER, rows(b"," * 11 + b"\n")),
    "csv: comments below": lambda: _csv(_HEADER, rows(b"#\n")),
    "csv: one row without end": lambda: _csv(_HEADER, rows(b"1")),
    "csv: one quoted cell": lambda: _csv(_HEADER, b'"' + rows(b"1\n")),
    "csv: long numbers": lambda: _csv(_HEADER, rows(b",".join([b"1" * 400] * 12) + b"\n")),
    "csv: words": lambda: _csv(_HEADER, rows(b",".join([b"a"] * 12) + b"\n")),
    "csv: words in one column": lambda: _csv(_HEADER, rows(b"a" + b",1" * 11 + b"\n")),
    "csv: a word in the last row": lambda: _csv(_HEADER, rows(b"1" + b",1" * 11 + b"\n") + b"a,"),
    "csv: exponents": lambda: _csv(_HEADER, rows(b",".join([b"1e9999999"] * 12) + b"\n")),
    "csv: small numbers": lambda: _csv(
        b"time_s [mV]," + b",".join(lead.encode() + b" [mV]" for lead in LEADS),
        rows(b"1" + b",1" * 12 + b"\n"),
    ),
    "csv: columns": lambda: _csv(b",".join([b"I"] * 4_900), rows(b"1," * 4_900 + b"\n")),
    "csv: quotes": lambda: _csv(_HEADER, rows(b'"')),
    "csv: pairs of quotes": lambda: _csv(_HEADER, rows(b'""' * 11 + b",\n")),
    "csv: UTF-16": lambda: one("ecg.csv", b"\xff\xfe" + rows(b"\r\0")),
    "csv: beyond UTF-8": lambda: one("ecg.csv", rows(b"\xf0\x9f\x92\x94")),
    "header: blanks": lambda: one("ecg.hea", rows(b" ")),
    "header: empty lines": lambda: one("ecg.hea", rows(b"\n")),
    "header: blank lines": lambda: one("ecg.hea", rows(b" " * 900 + b"\n")),
    "header: comments": lambda: one("ecg.hea", rows(b"#\n")),
    "header: hashes": lambda: one("ecg.hea", rows(b"#")),
    "header: one line": lambda: one("ecg.hea", rows(b"a")),
    "header: micro signs": lambda: one("ecg.hea", rows(b"/\xc2\xb5V")),
    "header: micro signs in lines": lambda: one("ecg.hea", rows(b"#/\xb5V\n")),
    "header: controls": lambda: one("ecg.hea", rows(b"\x1c\n")),
    "header: a long gain": lambda: _hea(b"1" * 900 + b"x"),
    "header: a dotted gain": lambda: _hea(b"1." * 440 + b"("),
    "header: a long format": lambda: _hea(b"200", fmt=b"1" * 900),
    "header: a file that repeats": lambda: _hea(b"200", lines=199),
}


def _hea(gain: bytes, fmt: bytes = b"16", lines: int = 1) -> Files:
    line = b"ecg.dat " + fmt + b" " + gain + b"/mV 16 0 0 0 0 I\n"
    head = b"ecg %d 500 5000\n" % lines + line * lines
    return [("ecg.hea", head), ("ecg.dat", b"\0" * 120_000)]


_AECG = b'<?xml version="1.0"?><AnnotatedECG xmlns="urn:hl7-org:v3">'
_SERIES = b'<component><series><code code="RHYTHM"/><component>'


def _xml(body: bytes, head: bytes = _AECG) -> Files:
    return one("ecg.xml", head + body)


def _lead(code: bytes, digits: bytes) -> bytes:
    return (
        b'<component><sequence><code code="MDC_ECG_LEAD_' + code + b'"/><value>'
        b'<origin value="0" unit="uV"/><scale value="1" unit="uV"/><digits>'
        + digits
        + b"</digits></value></sequence></component>"
    )


_TIME = (
    b'<component><sequence><code code="TIME_ABSOLUTE"/><value>'
    b'<increment value="0.002" unit="s"/></value></sequence></component>'
)


def _sets(n: int, digits: bytes) -> bytes:
    one = b"<sequenceSet>" + _TIME + _lead(b"I", digits) + _lead(b"II", digits) + b"</sequenceSet>"
    return _SERIES + one * n


def _muse(text: bytes, waves: int = 1) -> bytes:
    lead = (
        b"<LeadData><LeadID>I</LeadID><LeadAmplitudeUnitsPerBit>4.88</LeadAmplitudeUnitsPerBit>"
        b"<LeadAmplitudeUnits>MICROVOLTS</LeadAmplitudeUnits><WaveFormData>"
        + text
        + b"</WaveFormData></LeadData>"
    )
    head = b"<Waveform><WaveformType>Rhythm</WaveformType><SampleBase>500</SampleBase>"
    return b"<RestingECG>" + head + lead * waves + b"</Waveform></RestingECG>"


XML: dict[str, Callable[[], Files]] = {
    "xml: attributes": lambda: _xml(
        b"<a " + b" ".join(b'a%d=""' % n for n in range(1_400_000)) + b"/></AnnotatedECG>"
    ),
    "xml: attributes of many elements": lambda: _xml(
        (b"<a " + b" ".join(b'a%d=""' % n for n in range(40)) + b"/>") * 49_000
    ),
    "xml: one long attribute": lambda: _xml(b'<a b="' + rows(b"x", 18 * MB) + b'"/>'),
    "xml: name spaces": lambda: _xml(
        b"<a " + b" ".join(b'xmlns:a%d="u"' % n for n in range(900_000)) + b"/>"
    ),
    "xml: elements": lambda: _xml(rows(b"<a/>")),
    "xml: other names": lambda: _xml(b"".join(b"<a%d/>" % n for n in range(1_500_000))),
    "xml: depth": lambda: _xml(rows(b"<a>")),
    "xml: comments": lambda: _xml(rows(b"<!---->")),
    "xml: instructions": lambda: _xml(rows(b"<?a?>")),
    "xml: one open tag": lambda: _xml(rows(b"<")),
    "xml: a tag without end": lambda: _xml(b"<a " + rows(b"b")),
    "xml: a comment without end": lambda: _xml(b"<!--" + rows(b"-a")),
    "xml: text": lambda: _xml(rows(b"a\n")),
    "xml: references": lambda: _xml(rows(b"&#65;")),
    "xml: CDATA": lambda: _xml(rows(b"<![CDATA[a]]>")),
    "xml: entities": lambda: _xml(
        b"<a>&k;</a></AnnotatedECG>",
        b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (n, b"&%c;" % (n - 1) * 60) for n in range(98, 108))
        + b"]><AnnotatedECG>",
    ),
    "xml: parameter entities": lambda: _xml(
        b"", b'<!DOCTYPE r [<!ENTITY % a "x">' + b"%a;" * 100_000 + b"]><AnnotatedECG/>"
    ),
    "xml: a DOCTYPE without end": lambda: _xml(b"", b"<!DOCTYPE r [" + rows(b"<!--a-->", 18 * MB)),
    "xml: attribute declarations": lambda: _xml(
        b"", b"<!DOCTYPE r [" + rows(b'<!ATTLIST a b CDATA "c">', 18 * MB) + b"]><AnnotatedECG/>"
    ),
    "xml: element declarations": lambda: _xml(
        b"",
        b"<!DOCTYPE r [<!ELEMENT a " + b"(" * 9_000_000 + b"b" + b")" * 9_000_000 + b">]><a/>",
    ),
    "xml: digits": lambda: _xml(_sets(1, rows(b"1 ", 9 * MB)) + b"</component></series>"),
    "xml: closed digits": lambda: _xml(
        _sets(1, rows(b"1 ", 9 * MB)) + b"</component></series></component></AnnotatedECG>"
    ),
    "xml: sets of leads": lambda: _xml(
        _sets(30, rows(b"1 ", 300_000)) + b"</component></series></component></AnnotatedECG>"
    ),
    "xml: more sets": lambda: _xml(
        _sets(4_000, b"1 2 3") + b"</component></series></component></AnnotatedECG>"
    ),
    "xml: nested series": lambda: _xml(
        b"<series>" * 90
        + b"<component><sequenceSet>"
        + (b"<component><sequence/></component>" * 12_000)
    ),
    "xml: nested series, closed": lambda: _xml(
        b"<series><component>" * 45
        + b"<sequenceSet>"
        + b"<component><sequence/></component>" * 12_000
        + b"</sequenceSet>"
        + b"</component></series>" * 45
        + b"</AnnotatedECG>"
    ),
    "xml: one long number": lambda: _xml(
        _sets(1, rows(b"1", 9 * MB)) + b"</component></series></component></AnnotatedECG>"
    ),
    "muse: base64": lambda: one("ecg.xml", _muse(rows(b"AAAA", 18 * MB))),
    "muse: blanks": lambda: one("ecg.xml", _muse(rows(b" A", 18 * MB))),
    "muse: leads": lambda: one("ecg.xml", _muse(b"AAAA", 5_000)),
}
