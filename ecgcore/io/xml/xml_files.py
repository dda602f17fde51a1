"""Parse XML within bounds: no entities, no external references, a bounded number of elements."""

from collections.abc import Callable
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ecgcore.errors import RecordError
from ecgcore.io.raw import FILE_SAYS_ALL, RawEcg, ReadOptions
from ecgcore.io.xml.aecg import read_aecg
from ecgcore.io.xml.cardiosoft import read_cardiosoft
from ecgcore.io.xml.encodings import as_utf8
from ecgcore.io.xml.mortara import read_mortara
from ecgcore.io.xml.muse import read_muse
from ecgcore.io.xml.philips import read_philips
from ecgcore.io.xml.schiller import is_schiller, read_schiller

_MAX_ELEMENTS = 50_000
_MAX_DEPTH = 100
_MARKS = {b"<": "tags", b"=": "attributes", b"&": "references"}
_MAX_OF_A_MARK = 200_000
_READERS: dict[str, Callable[[Element, str], RawEcg]] = {
    "AnnotatedECG": read_aecg,
    "restingecgdata": read_philips,
    "CardiologyXML": read_cardiosoft,
    "ECG": read_mortara,
}
_GRAMMAR = (b"<!ELEMENT", b"<!ATTLIST", b"<!NOTATION")


class _BoundedBuilder(TreeBuilder):
    """A tree that stops growing; names lose their namespaces."""

    def __init__(self) -> None:
        super().__init__()
        self._n_elements = 0
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self._n_elements += 1
        self._depth += 1
        if self._n_elements > _MAX_ELEMENTS or self._depth > _MAX_DEPTH:
            raise RecordError(
                f"more than {_MAX_ELEMENTS:,} elements, or nested deeper than {_MAX_DEPTH}"
            )
        plain = {key.rpartition("}")[2]: value for key, value in attrs.items()}
        return super().start(tag.rpartition("}")[2], plain)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return super().end(tag.rpartition("}")[2])


def read_xml(content: bytes, name: str, options: ReadOptions = FILE_SAYS_ALL) -> RawEcg:
    """Read an ECG in one of six XML formats, told apart by the outermost element.

    Raises
    ------
    RecordError
        If it is none of them, is not sound XML, or declares entities.
    """
    root = parse_xml(content, name)
    if root.tag == "RestingECG":
        return read_muse(root, name, options)
    if root.tag in _READERS:
        return _READERS[root.tag](root, name)
    if is_schiller(root):
        return read_schiller(root, name)
    raise RecordError(
        f"{name} is XML of another kind. HL7 aECG (<AnnotatedECG> outermost), MUSE (<RestingECG>), "
        "Philips (<restingecgdata>), CardioSoft (<CardiologyXML>), Schiller (<...SchillerEDI>) and "
        "Mortara ELI (<ECG>) can be read."
    )


def parse_xml(content: bytes, name: str) -> Element:
    """Parse within bounds.

    Raises
    ------
    RecordError
        If it is no sound XML, declares entities, or has more elements than any ECG.
    """
    content = as_utf8(content)
    for mark, what in _MARKS.items():  # before the parser takes memory for them
        if (n := content.count(mark)) > _MAX_OF_A_MARK:
            raise RecordError(f"{name} has {n:,} {what}; an ECG has at most {_MAX_OF_A_MARK:,}.")
    if any(word in content for word in _GRAMMAR):
        raise RecordError(f"{name} declares a grammar of its own, which no ECG needs.")
    parser = DefusedXMLParser(target=_BoundedBuilder())
    try:
        parser.feed(content)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise RecordError(
            f"{name} declares entities or refers to other files ({type(error).__name__}), which "
            "no ECG needs; it is not read."
        ) from error
    except RecordError as error:
        raise RecordError(f"{name} has {error}; no ECG has.") from error
    except (ParseError, LookupError, ValueError, AssertionError) as error:
        place = getattr(error, "position", None)
        where = f" (line {place[0]:,}, letter {place[1] + 1:,})" if place else ""
        raise RecordError(f"{name} is not sound XML{where}. Export it again.") from error
    return root
