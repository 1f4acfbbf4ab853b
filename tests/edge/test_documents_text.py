"""Text files: what a file really is, declared encodings, bounded memory."""

from __future__ import annotations

import gc
import os
import tracemalloc
from pathlib import Path

import pytest

from collectord.core.exports.decoding import ExportRefused
from collectord.core.exports.source_profiles import Profile
from collectord.edge import documents
from tests.edge.document_files import dropped, fields, read

DATEV = ("cp1252", "utf-8-sig")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16"])
def test_text_is_read_in_its_declared_encoding(tmp_path: Path, encoding: str) -> None:
    path = dropped(tmp_path, "Konto;Name\r\n10000;Müller\r\n".encode(encoding))
    assert fields(path, encodings=(*DATEV, "utf-16")) == [["Konto", "Name"], ["10000", "Müller"]]


def test_a_descriptor_is_read_from_its_beginning_and_stays_open(tmp_path: Path) -> None:
    path = dropped(tmp_path, b"a;b\n1;2\n")
    fd = os.open(path, os.O_RDONLY)
    try:
        for _ in range(2):
            assert [record.fields for record in documents.records(fd, Profile(name="x"), "en")] == [["a", "b"], ["1", "2"]]
        assert os.fstat(fd).st_size == 8
    finally:
        os.close(fd)


def test_a_file_given_by_its_path_is_closed_again(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    assert len(fields(dropped(tmp_path, b"a;b\n1;2\n"))) == 2
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_wrong_encoding_is_refused_with_the_byte_and_what_it_probably_is(tmp_path: Path) -> None:
    text = "Konto;Name;Straße\n" + "10000;Müller Größe Straße;Überlingen am Bodensee, für Jörg\n" * 30
    with pytest.raises(ExportRefused, match=r"byte 15 \(line 1\) is no UTF-8; .* \(it looks like cp125"):
        read(dropped(tmp_path, text.encode("cp1252")))
    with pytest.raises(ExportRefused, match=r"Byte 15 .* \(sieht nach cp125"):
        read(dropped(tmp_path, text.encode("cp1252")), language="de")


def test_bytes_of_no_known_encoding_are_refused_without_a_guess(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="byte 4"):
        read(dropped(tmp_path, b"a;b\n" + bytes([0x81, 0xFE, 0x9D, 0x00, 0xFF, 0xC1]) * 9))


def test_text_under_the_name_xls_is_text(tmp_path: Path) -> None:
    path = dropped(tmp_path, "Konto\tName\r\n0010023\tMüller\r\n".encode("utf-16"), "FBL5N.xls")
    assert fields(path, format="sheet") == [["Konto", "Name"], ["0010023", "Müller"]]


@pytest.mark.parametrize(
    "page",
    [b"<html><table><tr><td>1</td></tr></table></html>", b"\xef\xbb\xbf\r\n<!DOCTYPE html><html>", b"<TABLE>", b"MIME-Version: 1.0\r\n"],
)
def test_a_web_page_under_the_name_xls_is_refused_with_the_remedy(tmp_path: Path, page: bytes) -> None:
    with pytest.raises(ExportRefused, match="web page with the name of a spreadsheet"):
        read(dropped(tmp_path, page, "report.xls"), format="sheet")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"), (b"\x1f\x8b\x08\x00abc", "gzip"), (b"7z\xbc\xaf\x27\x1cabc", "7z"), (b"SQLite format 3\x00", "SQLite"),
        (b"\x28\xb5\x2f\xfdabc", "zstd"), (b"PK\x05\x06" + bytes(18), "zip"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["text", "sheet", "einvoice", "camt"])
def test_what_nobody_reads_is_refused_by_its_bytes(tmp_path: Path, content: bytes, sentence: str, form: str) -> None:
    with pytest.raises(ExportRefused, match=sentence):
        read(dropped(tmp_path, content, "export.csv"), format=form)


@pytest.mark.parametrize(
    ("form", "content", "sentence"),
    [
        ("einvoice", b"a;b\n1;2\n", r"reads e-invoices \(XML or PDF\), but this is text"),
        ("camt", b"%PDF-1.7", r"reads bank statements .* this is a PDF"),
        ("text", b"%PDF-1.7", "reads text or a sheet, but this is a PDF"),
        ("camt", b"PK\x03\x04", "packed file"),
        ("einvoice", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        ("text", b"<?xml version='1.0'?><Invoice xmlns='urn:x'/>", "is no spreadsheet but Invoice"),
    ],
)
def test_a_file_of_another_source_is_refused_and_named(tmp_path: Path, form: str, content: bytes, sentence: str) -> None:
    with pytest.raises(ExportRefused, match=sentence):
        read(dropped(tmp_path, content), format=form)


def test_xml_is_known_in_every_encoding_it_comes_in() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert documents.what_is('<?xml version="1.0"?><a/>'.encode(encoding)) == "xml"
        assert documents.what_is('<a:b xmlns:a="urn:x"/>'.encode(encoding)) == "xml"
    assert documents.what_is(b"<note>;1\n") == "text"
    assert documents.what_is("a;b".encode("utf-16")) == "text"
    assert documents.what_is(b"\n%PDF-1.4") == "pdf"


def test_memory_stays_bounded_by_a_block_whatever_is_dropped(tmp_path: Path) -> None:
    wide = b"x" * 40_000_000  # one line without an end, then more of them
    path = dropped(tmp_path, b"a;b\n1;2\n" + wide + b"\n3;4\n")
    tracemalloc.start()
    problems = [record.problem for record in documents.records(path, Profile(name="x"), "en")]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert problems == ["", "", "long_line", ""]
    assert peak < 3_000_000


def test_an_open_quote_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="line 3"):
        read(dropped(tmp_path, b'a;b\n1;2\n3;"open\n4;5\n' * 3))
