"""Hostile documents: nothing is fetched, nothing grows, and whatever the bytes are, the answer is records or one sentence."""

from __future__ import annotations

import contextlib
import http.server
import io
import random
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectord.core.exports.csv_records import Record
from collectord.core.exports.decoding import ExportRefused
from collectord.core.exports.source_profiles import Profile
from collectord.edge import documents
from collectord.edge.documents.xml_parts import MAX_DEPTH, MAX_ELEMENTS
from tests.edge.document_files import (
    camt,
    cii,
    detail,
    details,
    dropped,
    entry,
    ods,
    pdf,
    read,
    read_apart,
    repacked,
    statement,
    ubl,
    xls,
    xlsx,
)
from tests.edge.test_documents_sheets import ODS_ROWS, SPREADSHEET

FORMATS: tuple[Any, ...] = ("text", "sheet", "einvoice", "camt")
XML = (("einvoice", ubl()), ("einvoice", cii()), ("camt", camt(statement(entry()))), ("sheet", SPREADSHEET.encode()))


@pytest.fixture
def visitors() -> Iterator[tuple[str, list[str]]]:
    """A web server on loopback, and who came."""
    came: list[str] = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            came.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", came
        server.shutdown()
        thread.join()


def with_doctype(content: bytes, doctype: str) -> bytes:
    at = content.index(b"?>") + 2
    return content[:at] + doctype.encode() + content[at:]


@pytest.mark.parametrize(("form", "content"), XML)
def test_entities_and_document_types_are_refused_and_nothing_is_fetched(
    tmp_path: Path, visitors: tuple[str, list[str]], form: str, content: bytes
) -> None:
    address, came = visitors
    secret = dropped(tmp_path, b"secret", "secret.txt")
    for doctype in (
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>',
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "{address}/entity">]>',
        f'<!DOCTYPE x SYSTEM "{address}/x.dtd">',
        f'<!DOCTYPE x [<!ENTITY % p SYSTEM "{address}/parameter">%p;]>',
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>',
        "<!DOCTYPE x>",
    ):
        with pytest.raises(ExportRefused, match="declares a document type"):
            read(dropped(tmp_path, with_doctype(content, doctype)), format=form)
    assert came == []


def test_a_document_type_hidden_in_another_encoding_is_refused_too(tmp_path: Path) -> None:
    text = with_doctype(ubl(), '<!DOCTYPE x [<!ENTITY e "x">]>').decode().replace("UTF-8", "UTF-16")
    with pytest.raises(ExportRefused, match="declares a document type"):
        read(dropped(tmp_path, text.encode("utf-16")), format="einvoice")
    for name in ("UTF-7", "cp037", "nonsense", "utf-32"):
        with pytest.raises(ExportRefused):
            read(dropped(tmp_path, ubl().replace(b'"UTF-8"', f'"{name}"'.encode())), format="einvoice")


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"])
def test_no_part_of_a_workbook_may_declare_entities(tmp_path: Path, part: str) -> None:
    content = REAL[2][1]
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        xml = packed.read(part)
    at = xml.index(b"?>") + 2 if xml.startswith(b"<?xml") else 0
    hostile = xml[:at] + b'<!DOCTYPE x [<!ENTITY e "ha">]>' + xml[at:]
    with pytest.raises(ExportRefused, match="declares a document type"):
        read(dropped(tmp_path, repacked(content, {part: hostile})), format="sheet")


def test_an_include_or_schema_location_is_not_followed(tmp_path: Path, visitors: tuple[str, list[str]]) -> None:
    address, came = visitors
    hints = (
        f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x {address}/x.xsd"'
        f' xmlns:xi="http://www.w3.org/2001/XInclude" '
    )
    content = ubl().replace(b"<Invoice ", f"<Invoice {hints}".encode())
    content = content.replace(b"<cbc:BuyerReference>", f'<xi:include href="{address}/include"/><cbc:BuyerReference>'.encode())
    content = content.replace(b"<?xml", b"<?xml", 1).replace(b"?>", f'?><?xml-stylesheet href="{address}/style.xsl"?>'.encode(), 1)
    assert len(read(dropped(tmp_path, content), format="einvoice")[0]) == 2
    assert came == []


@pytest.mark.parametrize(("form", "content"), XML)
def test_xml_that_is_nested_too_deep_or_never_ends_is_refused(tmp_path: Path, form: str, content: bytes) -> None:
    at = content.rindex(b"</")
    deep = content[:at] + b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1) + content[at:]
    very_deep = content[:at] + b"<a>" * 500_000
    many = content[:at] + b"<a/>" * (MAX_ELEMENTS + 1) + content[at:]
    for hostile, sentence in ((deep, "nested deeper"), (very_deep, "nested deeper"), (many, "more than 100000 elements")):
        with pytest.raises(ExportRefused, match=sentence):
            read(dropped(tmp_path, hostile), format=form)


@pytest.mark.parametrize("form", ["einvoice", "camt", "sheet"])
def test_a_text_or_a_tag_without_an_end_stops_the_reading(tmp_path: Path, form: str) -> None:
    beginning = dict(XML)[form][:200]
    for hostile in (
        beginning[: beginning.rindex(b">") + 1] + b"x" * 30_000_000,
        beginning[: beginning.rindex(b">") + 1] + b"<a b='" + b"x" * 30_000_000,
    ):
        path = dropped(tmp_path, hostile)
        tracemalloc.start()
        began = time.monotonic()
        with pytest.raises(ExportRefused):
            read(path, format=form)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 120_000_000
        assert time.monotonic() - began < 30


def test_a_long_statement_is_read_in_bounded_memory(tmp_path: Path) -> None:
    whole = entry(inside=details(detail()))
    path = dropped(tmp_path, camt(statement(*([whole] * 4_000), entry("119000.00", inside=details(*([detail(amount="119.00")] * 1_000))))))
    assert path.stat().st_size > 2_300_000
    count, grown = read_apart(path, "camt")
    assert count == 5_001
    assert grown < 10


REAL: tuple[tuple[Any, bytes], ...] = (
    ("text", "Konto;Name;Betrag\r\n10000;\"Müller; \"\"Söhne\"\"\";1.234,56\r\n".encode("cp1252") * 20),
    ("text", "Konto\tName\r\n10000\tMüller\r\n".encode("utf-16") * 3),
    ("sheet", xlsx([["Nr", "Betrag"], [1930571429.0, 1.5], ["x", True]])),
    ("sheet", xls([["Nr", "Betrag"], [1930571429.0, 1.5], ["x", True]], errors=[(2, 1)])),
    ("sheet", ods(ODS_ROWS)),
    ("sheet", SPREADSHEET.encode()),
    ("einvoice", ubl()),
    ("einvoice", cii()),
    ("einvoice", pdf(("factur-x.xml", cii()))),
    ("camt", camt(statement(entry(inside=details(detail(amount="100"), detail(amount="19"))), entry("5", "DBIT")))),
)  # fmt: skip


LETTERS = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-:.")


def answer(path: Path, form: Any) -> list[Record] | str:
    """The only two things that may come back; anything else fails the test by itself."""
    profile = Profile(name="fuzz", format=form, encodings=("cp1252", "utf-8-sig", "utf-16"))
    try:
        records = list(documents.records(path, profile, "en"))
    except ExportRefused as refused:
        sentence = str(refused)
        assert sentence
        assert sentence.isprintable()
        return sentence
    assert all(isinstance(field, str) for record in records for field in record.fields)
    return records


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The document with some bytes changed, cut, doubled or moved; of a packed one, also within one of its parts."""
    if content.startswith(b"PK") and chance.random() < 0.7:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            name = chance.choice(packed.namelist())
            return repacked(content, {name: mutated(packed.read(name), chance)})
    if chance.random() < 0.5:  # letters and digits only: what is well formed stays so
        return bytes(chance.choice(b"0123456789eE-+.,_xX") if byte in LETTERS and chance.random() < 0.01 else byte for byte in content)
    changed = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(changed) or 1)
        match chance.randrange(6):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[at : at + chance.choice((1, 2, 16, 500))]
            case 2:
                changed[at:at] = changed[chance.randrange(len(changed) or 1) :][: chance.choice((1, 8, 64))]
            case 3:
                del changed[at:]
            case 4:
                changed[at:at] = chance.choice(
                    (b"\x00", b"\xff\xfe", b'"', b"<", b"&#0;", b"]]>", b"\xc3\xbc", b"999999999999", b"PK\x03\x04")
                )
            case _:
                changed[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff"))
    return bytes(changed)


@pytest.mark.parametrize("number", range(len(REAL)))
def test_mutated_documents_give_records_or_one_sentence(tmp_path: Path, number: int, capfd: pytest.CaptureFixture[str]) -> None:
    form, content = REAL[number]
    assert isinstance(answer(dropped(tmp_path, content), form), list)
    chance = random.Random(number)
    until = time.monotonic() + 1.5
    tried = 0
    while tried < 200 and time.monotonic() < until:
        answer(dropped(tmp_path, mutated(content, chance)), form)
        tried += 1
    assert tried >= 5
    capfd.readouterr()  # what the libraries say about it is not ours


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300),
    st.sampled_from(FORMATS),
    st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF-", b"<?xml "]),
)
def test_for_all_bytes_the_answer_is_records_or_one_sentence(tmp_path: Path, content: bytes, form: Any, magic: bytes) -> None:
    answer(dropped(tmp_path, magic + content), form)


def test_every_real_document_is_refused_by_the_readers_of_another_kind(tmp_path: Path) -> None:
    for form, content in REAL:
        for other in FORMATS:
            if {form, other} in ({form}, {"text", "sheet"}):
                continue
            assert isinstance(answer(dropped(tmp_path, content), other), str)


def test_nothing_is_written_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for number, (form, content) in enumerate(REAL):
        with contextlib.suppress(ExportRefused):
            read(dropped(tmp_path, content, f"{number}.dat"), format=form)
    assert len(list(tmp_path.iterdir())) == len(REAL)
