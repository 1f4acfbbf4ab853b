"""Delimited text of an export, block by block.

Owns the reading; core/exports/{decoding,csv_records}.py own the rules. A probable encoding is only ever told, never used.
Invariant: memory is bounded by one block and one record, whatever was dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from charset_normalizer import from_bytes

from collectord.core.exports.csv_records import Record, Records
from collectord.core.exports.decoding import Decoder, ExportRefused, Undecodable
from collectord.core.exports.source_profiles import Profile
from collectord.core.wording import Language, Texts, phrase

BLOCK = 65_536
SAMPLE = 16_384  # bytes around the first bad one, by which an encoding is recognised
WITH_MARK = ("utf-8-sig", "utf-16")  # what a spreadsheet program's "text" may be, whatever the profile says of sheets

TEXTS: Texts = {
    "probably": ("{refused} (it looks like {encoding})", "{refused} (sieht nach {encoding} aus)"),
    "html": (
        "this is a web page with the name of a spreadsheet; open it and save it as xlsx or CSV",
        "Das ist eine Webseite mit dem Namen einer Tabelle; öffnen und als xlsx oder CSV speichern",
    ),
}

_HTML = (b"<html", b"<!doctype html", b"<table", b"<head", b"<meta", b"<body", b"<style", b"<div", b"mime-version:")


def records(stream: BinaryIO, profile: Profile, language: Language) -> Iterator[Record]:
    """Raises ExportRefused."""
    encodings = profile.encodings
    if profile.format == "sheet":
        encodings = (*encodings, *(name for name in WITH_MARK if name not in encodings))
    decoder, splitter = Decoder(language, encodings), Records(language, profile.delimiter, quotes=profile.quotes)
    try:
        while block := stream.read(BLOCK):
            yield from splitter.feed(decoder.feed(block))
        yield from splitter.feed(decoder.feed(b"", final=True))
    except Undecodable as error:
        encoding = _probable(stream, error.offset)
        if encoding:
            raise ExportRefused(phrase(TEXTS, "probably", language, refused=str(error), encoding=encoding)) from None
        raise
    yield from splitter.finish()


def refuse_page(head: bytes, language: Language) -> None:
    """Raises ExportRefused for a web page: its cells say nothing of their own form."""
    if head.lstrip(b"\xef\xbb\xbf\r\n\t ").lower().startswith(_HTML):
        raise ExportRefused(phrase(TEXTS, "html", language))


def _probable(stream: BinaryIO, offset: int) -> str:
    stream.seek(max(0, offset - SAMPLE // 2))
    best = from_bytes(stream.read(SAMPLE)).best()
    return "" if best is None else best.encoding
