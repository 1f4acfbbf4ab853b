"""XML of a dropped document, part by part: no DTD, no entity, bounded depth, size and memory.

Owns the parser's limits and the way to a text inside a part. Knows no invoice and no statement.
Invariant: nothing but the file's own bytes is ever read, and what was handed out is forgotten at the next part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol
from xml.etree.ElementTree import Element, ParseError
from xml.parsers.expat import ExpatError, ParserCreate

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import iterparse

from collectord.core.exports.decoding import ExportRefused
from collectord.core.wording import Language, Texts, phrase

MAX_DEPTH = 64  # elements within each other; the deepest of EN 16931 and camt.053 is about 15
MAX_ELEMENTS = 100_000  # alive at once: one invoice without its lines, or one entry of a statement without its details
MAX_BETWEEN = 24 * 2**20  # bytes without any element: an attachment within an invoice
BLOCK = 65_536

TEXTS: Texts = {
    "damaged": (
        "line {line}, column {column}: the XML is damaged or cut off; export the document again",
        "Zeile {line}, Spalte {column}: das XML ist beschädigt oder abgeschnitten; das Dokument neu exportieren",
    ),
    "encoding": (
        "the encoding that the XML names cannot be read; export the document as UTF-8",
        "Die im XML genannte Kodierung ist nicht lesbar; das Dokument als UTF-8 exportieren",
    ),
    "dtd": (
        "the XML declares a document type or entities, which no invoice or statement needs; it is not read",
        "Das XML erklärt einen Dokumenttyp oder Entitäten, die keine Rechnung und kein Auszug braucht; es wird nicht gelesen",
    ),
    "deep": ("the XML is nested deeper than {limit} elements", "Das XML ist tiefer als {limit} Elemente verschachtelt"),
    "many": ("the XML holds more than {limit} elements in one part", "Das XML hat mehr als {limit} Elemente in einem Teil"),
    "long": ("the XML holds a text of more than {limit} bytes", "Das XML enthält einen Text von mehr als {limit} Bytes"),
    "large": ("the document is larger than {limit} bytes", "Das Dokument ist größer als {limit} Bytes"),
}


class Readable(Protocol):
    """What the parser needs of a file."""

    def read(self, size: int, /) -> bytes: ...


class Part(NamedTuple):
    """A complete element and the elements around it, outermost first; those may still lack what follows."""

    name: str
    element: Element
    around: Sequence[Element]


class _Watched:
    """Hands the file to the parser in blocks and stops it when it reads on and on without finding an element."""

    def __init__(self, stream: Readable, language: Language, largest: int) -> None:
        self._stream = stream
        self._language = language
        self._largest = largest
        self._read = 0
        self.since_element = 0

    def read(self, size: int = -1) -> bytes:
        # a token without an end is looked at again from its beginning with every block: blocks that grow keep that linear
        block = self._stream.read(max(BLOCK, self.since_element))
        self._read += len(block)
        self.since_element += len(block)
        if self._read > self._largest:
            raise ExportRefused(phrase(TEXTS, "large", self._language, limit=self._largest))
        if self.since_element > MAX_BETWEEN:
            raise ExportRefused(phrase(TEXTS, "long", self._language, limit=MAX_BETWEEN))
        return block


def local(element: Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def parts(stream: Readable, wanted: frozenset[str], language: Language, *, largest: int) -> Iterator[Part]:
    """The root when it begins, then every element with a wanted name when it ends, and the root again. Raises ExportRefused."""
    with _faults(language):
        yield from _parts(_Watched(stream, language, largest), wanted, language)


def checked(pieces: Iterator[bytes], language: Language) -> Iterator[bytes]:
    """The same pieces, while a parser sees that they are whole XML without a document type. Raises ExportRefused.

    For a library that reads the XML afterwards and may stumble over what is not.
    """
    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    with _faults(language):
        for piece in pieces:
            parser.Parse(piece, False)
            yield piece
        parser.Parse(b"", True)


def _refuse_doctype(name: str, *_: object) -> None:
    raise DTDForbidden(name, None, None)


@contextmanager
def _faults(language: Language) -> Iterator[None]:
    """What parsers raise as what the person who dropped the file reads."""
    try:
        yield
    except ParseError as error:
        line, column = error.position
        raise ExportRefused(phrase(TEXTS, "damaged", language, line=line, column=column + 1)) from None
    except ExpatError as error:
        raise ExportRefused(phrase(TEXTS, "damaged", language, line=error.lineno, column=error.offset + 1)) from None
    except DefusedXmlException:
        raise ExportRefused(phrase(TEXTS, "dtd", language)) from None
    except (ValueError, LookupError):
        raise ExportRefused(phrase(TEXTS, "encoding", language)) from None


def _parts(source: _Watched, wanted: frozenset[str], language: Language) -> Iterator[Part]:
    open_elements: list[Element] = []
    alive = 0
    for event, element in iterparse(source, events=("start", "end"), forbid_dtd=True):
        source.since_element = 0
        if event == "start":
            alive += 1
            if len(open_elements) >= MAX_DEPTH:
                raise ExportRefused(phrase(TEXTS, "deep", language, limit=MAX_DEPTH))
            if alive > MAX_ELEMENTS:
                raise ExportRefused(phrase(TEXTS, "many", language, limit=MAX_ELEMENTS))
            if not open_elements:
                yield Part(local(element), element, ())
            open_elements.append(element)
            continue
        open_elements.pop()
        name = local(element)
        if name in wanted or not open_elements:
            yield Part(name, element, open_elements)
            if open_elements:
                alive -= sum(1 for _ in element.iter())
                element.clear()
                open_elements[-1].remove(element)


def all_of(element: Element, path: str) -> Iterator[Element]:
    """The elements at `a/b/c` below this one, whatever their namespaces."""
    name, _, rest = path.partition("/")
    for child in element:
        if local(child) == name:
            if rest:
                yield from all_of(child, rest)
            else:
                yield child


def one_of(element: Element, *paths: str) -> Element | None:
    """The first element that one of the paths finds, in the order of the paths."""
    return next((found for path in paths for found in all_of(element, path)), None)


def text_of(element: Element, *paths: str) -> str:
    """The first text that one of the paths finds, blanks and line breaks made one space; "" without any."""
    for path in paths:
        for found in all_of(element, path):
            text = " ".join((found.text or "").split())
            if text:
                return text
    return ""
