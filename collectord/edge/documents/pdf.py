"""PDF invoices that carry their data: Factur-X, ZUGFeRD 2, XRechnung within a PDF.

Owns the way to the embedded XML. Reads no page and runs nothing of the PDF.
Invariant: exactly one embedded invoice, or the file is refused.
"""

from __future__ import annotations

import io
import logging
from typing import BinaryIO

from pypdf import PdfReader

from collectord.core.exports.decoding import ExportRefused
from collectord.core.wording import Language, Texts, phrase

LARGEST = 64 * 2**20  # bytes
LARGEST_XML = 32 * 2**20

NAMES = frozenset({"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml", "cii.xml", "ubl.xml"})

TEXTS: Texts = {
    "large": ("the PDF is larger than {limit} bytes", "Das PDF ist größer als {limit} Bytes"),
    "damaged": ("the PDF is damaged; export the invoice again", "Das PDF ist beschädigt; die Rechnung neu exportieren"),
    "encrypted": ("the PDF is encrypted; export it without a password", "Das PDF ist verschlüsselt; ohne Kennwort exportieren"),
    "none": (
        "the PDF carries no invoice data (factur-x.xml); a printed page cannot be read: export it as Factur-X or ZUGFeRD 2",
        "Das PDF enthält keine Rechnungsdaten (factur-x.xml); gedruckte Seiten sind nicht lesbar: als Factur-X oder ZUGFeRD 2 exportieren",
    ),
    "several": (
        "the PDF carries {count} invoices; export them one by one",
        "Das PDF enthält {count} Rechnungen; bitte einzeln exportieren",
    ),
}

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of every oddity of a file; we refuse or do not


def embedded_xml(stream: BinaryIO, language: Language) -> BinaryIO:
    """The invoice inside. Raises ExportRefused."""
    content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ExportRefused(phrase(TEXTS, "large", language, limit=LARGEST))
    try:
        reader = PdfReader(io.BytesIO(content))
        is_encrypted = reader.is_encrypted
        found = [] if is_encrypted else _invoices(reader)
    except ExportRefused:
        raise
    except Exception:  # whatever a library does on hostile bytes, the file is at fault
        raise ExportRefused(phrase(TEXTS, "damaged", language)) from None
    if is_encrypted:
        raise ExportRefused(phrase(TEXTS, "encrypted", language))
    if not found:
        raise ExportRefused(phrase(TEXTS, "none", language))
    if len(found) > 1:
        raise ExportRefused(phrase(TEXTS, "several", language, count=len(found)))
    if len(found[0]) > LARGEST_XML:
        raise ExportRefused(phrase(TEXTS, "large", language, limit=LARGEST_XML))
    return io.BytesIO(found[0])


def _invoices(reader: PdfReader) -> list[bytes]:
    """The same bytes twice (some writers list a file in two places) are one invoice."""
    found: list[bytes] = []
    for attachment in reader.attachment_list:
        if attachment.name.casefold() in NAMES and attachment.content not in found:
            found.append(attachment.content)
    return found
