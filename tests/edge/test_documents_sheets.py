"""Sheets: xlsx, xls, ods and XML spreadsheets come as texts whose form is certain."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlwt  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook  # type: ignore[import-untyped]

from collectord.core.exports.csv_records import Broken, Certain
from collectord.core.exports.decoding import ExportRefused
from collectord.edge.documents.cells import cell, number
from tests.edge.document_files import SHEET_NAMESPACE, dropped, fields, ods, read, read_apart, repacked, saved, xls, xlsx, xlsx_with

GERMAN_DAY = xlwt.easyxf(num_format_str="DD.MM.YYYY")


def kinds(row: list[str]) -> list[tuple[str, str]]:
    return [(type(found).__name__, str(found)) for found in row]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1930571429.0, "1930571429"), (0.1 + 0.2, "0.30"), (1234.5, "1234.50"), (19.99, "19.99"), (-0.0, "0"), (1.2345, "1.2345"),
        (100 * 1.1, "110"), (0.125, "0.125"), (1234.5600000001, "1234.56"), (1.123456, "1.123456"), (7, "7"), (-20.0, "-20"),
        (999_999_999_999_999.0, "999999999999999"), (1e-9, "0"), (4.35 * 100, "435"),
    ],
)  # fmt: skip
def test_a_number_loses_its_float_dust_and_nothing_else(value: float, text: str) -> None:
    assert (number(value), type(number(value))) == (text, Certain)


@pytest.mark.parametrize("value", [1e15, 12345678901234567890, -1e15, float("nan"), float("inf")])
def test_a_number_of_more_digits_than_a_sheet_keeps_is_broken(value: float) -> None:
    assert type(number(value)) is Broken


@given(st.decimals(min_value=-(10**10), max_value=10**10, places=2))
def test_for_all_amounts_in_cents_the_sheet_gives_them_back(amount: Decimal) -> None:
    assert Decimal(number(float(amount))) == amount


def test_cells_that_are_no_numbers() -> None:
    given_values = (
        None,
        "",
        " 007 ",
        True,
        False,
        date(2026, 11, 21),
        datetime(2026, 11, 21, 14, 30, tzinfo=UTC),
        time(8, 5),
        timedelta(hours=30),
    )
    assert [cell(value) for value in given_values] == [
        "",
        "",
        " 007 ",
        "yes",
        "no",
        "2026-11-21",
        "2026-11-21",
        "08:05:00",
        "1 day, 6:00:00",
    ]
    assert type(cell("007")) is str
    assert type(cell(date(2026, 11, 21))) is Certain


def test_an_xlsx_comes_with_its_row_numbers_and_certain_cells(tmp_path: Path) -> None:
    content = xlsx([["Nr", "Betrag", "Datum", "Sperre"], [1930571429.0, 0.1 + 0.2, date(2026, 11, 21), True], [], ["007", -5, None, "x"]])
    records, notes = read(dropped(tmp_path, content), format="sheet")
    assert [record.line for record in records] == [1, 2, 4]
    assert kinds(records[1].fields) == [("Certain", "1930571429"), ("Certain", "0.30"), ("Certain", "2026-11-21"), ("Certain", "yes")]
    assert kinds(records[2].fields) == [("str", "007"), ("Certain", "-5"), ("str", ""), ("str", "x")]
    assert records[1].raw == "1930571429;0.30;2026-11-21;yes"
    assert all(record.ended and not record.problem for record in records)
    assert notes == []


def test_an_xls_comes_the_same_way_and_its_errors_are_broken(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Nr", "Datum", "Sperre", "Betrag"], [1930571429.0, date(2026, 11, 21), True, 12.5], ["007", "", None, 1.0]]
    records, _ = read(dropped(tmp_path, xls(rows, styles={(1, 1): GERMAN_DAY}, errors=[(2, 3)])), format="sheet")
    assert kinds(records[1].fields) == [("Certain", "1930571429"), ("Certain", "2026-11-21"), ("Certain", "yes"), ("Certain", "12.50")]
    assert kinds(records[2].fields)[-1] == ("Broken", "#REF!")


ODS_ROWS = (
    '<table:table-row><table:table-cell office:value-type="string"><text:p>Nr</text:p></table:table-cell>'
    '<table:table-cell table:number-columns-repeated="2" office:value-type="string"><text:p>x</text:p></table:table-cell>'
    '<table:table-cell table:number-columns-repeated="16380"/></table:table-row>'
    '<table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    '<table:table-row><table:table-cell office:value-type="float" office:value="1930571429"><text:p>1.930.571.429</text:p>'
    "</table:table-cell>"
    '<table:table-cell office:value-type="date" office:date-value="2026-11-21"><text:p>21.11.26</text:p></table:table-cell>'
    '<table:table-cell office:value-type="currency" office:currency="EUR" office:value="12.5"/></table:table-row>'
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)


def test_an_ods_comes_the_same_way(tmp_path: Path) -> None:
    records, _ = read(dropped(tmp_path, ods(ODS_ROWS)), format="sheet")
    assert [(record.line, record.fields) for record in records] == [(1, ["Nr", "x", "x"]), (5, ["1930571429", "2026-11-21", "12.50"])]
    assert type(records[1].fields[1]) is Certain


def test_the_errors_notes_and_hidden_rows_of_an_ods_are_told_apart(tmp_path: Path) -> None:
    table = (
        '<table:table-row table:visibility="filter"><table:table-cell office:value-type="string" calcext:value-type="error">'
        "<text:p>#REF!</text:p></table:table-cell>"
        '<table:table-cell office:value-type="string"><text:p>a<text:s/>b<office:annotation><text:p>note</text:p>'
        "</office:annotation>c</text:p>"
        "<text:p>d<text:span>e</text:span></text:p></table:table-cell>"
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
        '<table:table-cell office:value-type="float" office:value="x"/><table:table-cell office:value-type="date" office:date-value="x"/>'
        '</table:table-row><table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="x">'
        "<text:p>same</text:p></table:table-cell></table:table-row>"
    )
    records, notes = read(dropped(tmp_path, ods(table)), format="sheet")
    assert kinds(records[0].fields) == [("Broken", "#REF!"), ("str", "a bc\nde"), ("Certain", "yes"), ("Broken", "x"), ("Broken", "x")]
    assert [(record.line, record.fields) for record in records[1:]] == [(2, ["same", "", "", "", ""]), (3, ["same", "", "", "", ""])]
    assert notes == ["sheet OP: 1 hidden row was read too (a filter hides, it does not remove)"]


def test_the_sheet_of_an_ods_is_chosen_by_its_name(tmp_path: Path) -> None:
    cell_of = '<table:table-row><table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell></table:table-row>'
    tables = cell_of.format("one") + '</table:table><table:table table:name="Zwei">' + cell_of.format("two")
    path = dropped(tmp_path, ods(tables + '</table:table><table:table table:name="Leer">'))
    assert fields(path, format="sheet", sheet="zwei") == [["two"]]
    assert read(path, format="sheet")[1] == ["sheet OP was read; not read: Zwei, Leer"]
    assert fields(path, format="sheet", sheet="Leer") == []
    with pytest.raises(ExportRefused, match="no sheet Drei; the file has OP, Zwei, Leer"):
        read(path, format="sheet", sheet="Drei")


def test_damaged_xml_within_a_sheet_is_refused_before_a_library_stumbles_over_it(tmp_path: Path) -> None:
    damaged = ods(ODS_ROWS.replace("</table:table-row>", "</table:row>", 1))  # calamine 0.9.1 never comes back from this one
    for content in (damaged, xlsx_with("<row r='1'><c r='A1'><v>1</c></row>")):
        with pytest.raises(ExportRefused, match="line 1, column"):
            read(dropped(tmp_path, content), format="sheet")


def test_an_ods_whose_repeated_cells_would_fill_memory_is_refused(tmp_path: Path) -> None:
    for table in (
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384" office:value="1"'
        ' office:value-type="float"/></table:table-row>',
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="900" office:value="1"'
        ' office:value-type="float"/></table:table-row>',
    ):
        with pytest.raises(ExportRefused, match=r"cells|damaged"):
            read(dropped(tmp_path, ods(table)), format="sheet")


def test_error_cells_and_formulas_without_a_value_are_broken_where_they_stand(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="B1" t="inlineStr"><is><t>a</t></is></c><c r="C1" t="inlineStr"><is><t>b</t></is></c></row>'
        '<row r="3"><c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="C3"><v>5</v></c></row>'
        '<row r="4"><c r="B4"><f>1+1</f></c><c r="C4"><f>1+1</f><v>2</v></c></row>'
        '<row r="5"><c r="B5"><f>A1</f><v></v></c><c r="C5" t="str"><f>A1</f><v></v></c><c r="D5"><v>1</v></c></row>'
        '<row r="6"><c r="B6"><f t="shared" si="0"/><v/></c><c r="C6" t=\'e\'><v>#N/A</v></c></row>'
    )
    records, _ = read(dropped(tmp_path, xlsx_with(rows)), format="sheet")
    assert [record.line for record in records] == [1, 3, 4, 5, 6]
    assert kinds(records[1].fields)[:2] == [("Broken", "#DIV/0!"), ("Certain", "5")]
    assert kinds(records[2].fields)[:2] == [("Broken", "=?"), ("Certain", "2")]
    assert kinds(records[3].fields) == [("Broken", "=?"), ("str", ""), ("Certain", "1")]
    assert kinds(records[4].fields)[:2] == [("Broken", "=?"), ("Broken", "#N/A")]


def test_texts_that_several_cells_share_are_read(tmp_path: Path) -> None:
    shared = (
        f'<sst xmlns="{SHEET_NAMESPACE}"><si><t>Müller &amp; Söhne</t></si>'
        '<si><r><t>fett</t></r><r><t xml:space="preserve"> und nicht</t></r></si></sst>'
    )
    types = zipfile_part("[Content_Types].xml").replace(
        b"</Types>",
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.'
        b'sharedStrings+xml"/></Types>',
    )
    relations = zipfile_part("xl/_rels/workbook.xml.rels").replace(
        b"</Relationships>",
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"'
        b' Target="sharedStrings.xml"/></Relationships>',
    )
    others = {"xl/sharedStrings.xml": shared.encode(), "[Content_Types].xml": types, "xl/_rels/workbook.xml.rels": relations}
    row = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>0</v></c></row>'
    assert fields(dropped(tmp_path, xlsx_with(row, others=others)), format="sheet") == [
        ["Müller & Söhne", "fett und nicht", "Müller & Söhne"]
    ]


def zipfile_part(name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(xlsx([[1]]))) as packed:
        return packed.read(name)


def test_a_workbook_without_the_sheet_it_names_or_with_a_row_without_end_is_refused(tmp_path: Path) -> None:
    lost = {"xl/_rels/workbook.xml.rels": zipfile_part("xl/_rels/workbook.xml.rels").replace(b"sheet1.xml", b"sheet7.xml")}
    endless = '<row r="1">' + "<c/>" * 2_200_000
    for content in (repacked(xlsx([[1]]), lost), xlsx_with(endless), repacked(xlsx([[1]]), {"xl/workbook.xml": b"<workbook/>"})):
        with pytest.raises(ExportRefused, match=r"damaged|no sheet|200:1"):
            read(dropped(tmp_path, content), format="sheet")


def test_an_error_cell_that_does_not_say_where_it_stands_refuses_the_file(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="damaged"):
        read(dropped(tmp_path, xlsx_with('<row><c t="e"><v>#REF!</v></c></row>')), format="sheet")


def test_a_cell_far_away_refuses_the_sheet_before_it_fills_memory(tmp_path: Path) -> None:
    for far in (
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="2"><c r="A1048000"><v>1</v></c><c r="ZZ2"><v>2</v></c></row>',
    ):
        with pytest.raises(ExportRefused, match="more than 3000000 cells"):
            read(dropped(tmp_path, xlsx_with('<row r="1"><c r="A1"><v>1</v></c></row>' + far)), format="sheet")


def test_hidden_rows_are_read_and_told(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["a"])
    book.active.append(["b"])
    book.active.row_dimensions[2].hidden = True
    records, notes = read(dropped(tmp_path, saved(book)), format="sheet")
    assert [record.fields for record in records] == [["a"], ["b"]]
    assert notes == ["sheet Sheet: 1 hidden row was read too (a filter hides, it does not remove)"]


def book_of_sheets() -> bytes:
    book = Workbook()
    book.active.title = "Deckblatt"
    book.active.append(["hidden"])
    book.active.sheet_state = "hidden"
    for title in ("Offene Posten", "Archiv & mehr"):
        book.create_sheet(title).append([title])
    return saved(book)


def test_the_profiles_sheet_is_read_else_the_first_that_people_see(tmp_path: Path) -> None:
    path = dropped(tmp_path, book_of_sheets())
    assert read(path, format="sheet") == (
        read(path, format="sheet", sheet="offene posten")[0],
        ["sheet Offene Posten was read; not read: Archiv & mehr"],
    )
    assert fields(path, format="sheet", sheet="Archiv & mehr") == [["Archiv & mehr"]]
    assert fields(path, format="sheet", sheet="Deckblatt") == [["hidden"]]
    with pytest.raises(ExportRefused, match="no sheet Posten; the file has Deckblatt, Offene Posten"):
        read(path, format="sheet", sheet="Posten")


def test_merged_cells_have_their_text_once(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["Title", None, "x"])
    book.active.merge_cells("A1:B1")
    assert fields(dropped(tmp_path, saved(book)), format="sheet") == [["Title", "", "x"]]


SPREADSHEET = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Styles><Style ss:ID="s1"/></Styles>
<Worksheet ss:Name="Aging"><Table>
<Row><Cell ss:MergeAcross="1"><Data ss:Type="String">Title</Data></Cell><Cell><Data ss:Type="String">x</Data></Cell></Row>
<Row ss:Index="4"><Cell><Data ss:Type="Number">1930571429.0</Data></Cell>
<Cell ss:Index="3"><Data ss:Type="DateTime">2026-11-21T00:00:00.000</Data></Cell></Row>
<Row><Cell/><Cell><Data ss:Type="Boolean">1</Data></Cell><Cell><Data ss:Type="Error">#REF!</Data></Cell>
<Cell><Data ss:Type="Number">x</Data></Cell></Row>
<Row/></Table></Worksheet>
<Worksheet ss:Name="Other"><Table><Row><Cell><Data ss:Type="String">other</Data></Cell></Row></Table></Worksheet></Workbook>"""


def test_an_xml_spreadsheet_under_the_name_xls_is_read(tmp_path: Path) -> None:
    path = dropped(tmp_path, SPREADSHEET.encode(), "ARAging.xls")
    records, _ = read(path, format="sheet")
    assert [(record.line, kinds(record.fields)) for record in records] == [
        (1, [("str", "Title"), ("str", ""), ("str", "x")]),
        (4, [("Certain", "1930571429"), ("str", ""), ("Certain", "2026-11-21")]),
        (5, [("str", ""), ("Certain", "yes"), ("Broken", "#REF!"), ("Broken", "x")]),
    ]
    assert fields(path, format="sheet", sheet="other") == [["other"]]
    with pytest.raises(ExportRefused, match="no sheet Posten"):
        read(path, format="sheet", sheet="Posten")


def test_an_xml_spreadsheet_whose_cells_stand_nowhere_is_refused(tmp_path: Path) -> None:
    for index in ("0", "99999999", "x", "²"):
        with pytest.raises(ExportRefused, match="row 4: a cell says that it stands in column"):
            read(dropped(tmp_path, SPREADSHEET.replace('ss:Index="3"', f'ss:Index="{index}"').encode()), format="sheet")


def zipped(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def test_archives_bombs_and_names_that_leave_the_archive_are_refused(tmp_path: Path) -> None:
    bomb = bytes(64 * 2**20)
    many = {f"part{number}": b"" for number in range(5_001)}
    for content, sentence in (
        (zipped({"op.csv": b"a;b\n"}), "zip file; drop the export itself"),
        (zipped({"inner.zip": zipped({"op.csv": b"a;b\n"})}), "zip file"),
        (zipped({"../../etc/cron.d/x": b"x"}), "name leaves the archive"),
        (zipped({"/etc/x": b"x"}), "name leaves the archive"),
        (zipped({"C:\\x": b"x"}), "name leaves the archive"),
        (zipped({"xl/workbook.bin": b"x"}), "xlsb"),
        (zipped(many), "more than a sheet needs"),
        (repacked(xlsx([[1]]), {"xl/media/x": bomb}), "more than a sheet needs .* 200:1"),
        (xlsx([[1]])[:-30], "damaged"),
    ):
        with pytest.raises(ExportRefused, match=sentence):
            read(dropped(tmp_path, content), format="sheet")
    assert [path.name for path in tmp_path.iterdir()] == ["export.dat"]  # nothing was unpacked to disk


def test_an_archive_that_is_all_directory_is_refused_before_it_fills_memory(tmp_path: Path) -> None:
    whole = zipped({"x": b""})
    at = whole.index(b"PK\x01\x02")
    entry, end = whole[at : whole.index(b"PK\x05\x06")], whole[whole.index(b"PK\x05\x06") :]
    directory = entry * (30_000_000 // len(entry))
    content = whole[:at] + directory + end[:8] + b"\xff\xff\xff\xff" + len(directory).to_bytes(4, "little") + end[16:]
    path = dropped(tmp_path, content)
    tracemalloc.start()
    with pytest.raises(ExportRefused, match="more than a sheet needs"):
        read(path, format="sheet")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_parts_that_are_larger_than_the_archive_says_are_refused(tmp_path: Path) -> None:
    content = bytearray(repacked(xlsx([[1]]), {"xl/media/x": b"A" * 5_000_000}))
    true_size = (5_000_000).to_bytes(4, "little")
    assert content.count(true_size) == 2  # local header and directory
    lying = bytes(content).replace(true_size, (1_000).to_bytes(4, "little"))
    with pytest.raises(ExportRefused, match=r"more than a sheet needs|damaged"):
        read(dropped(tmp_path, lying), format="sheet")


def test_two_parts_of_one_name_are_refused(tmp_path: Path) -> None:
    content = io.BytesIO(xlsx([[1]]))
    with zipfile.ZipFile(content, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    with pytest.raises(ExportRefused, match="damaged"):
        read(dropped(tmp_path, content.getvalue()), format="sheet")


def test_encrypted_sheets_are_refused_with_the_remedy(tmp_path: Path) -> None:
    packed = bytearray(zipped({"xl/workbook.xml": b"x"}))
    at = packed.rfind(b"PK\x01\x02")
    packed[at + 8] |= 1
    office = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    for content in (bytes(packed), office):
        with pytest.raises(ExportRefused, match="protected by a password"):
            read(dropped(tmp_path, content), format="sheet")


def test_a_word_document_is_no_sheet(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="damaged"):
        read(dropped(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000), "letter.xls"), format="sheet")


def test_external_links_and_entities_of_a_workbook_are_never_followed(tmp_path: Path) -> None:
    secret = dropped(tmp_path, b"secret", "secret.txt")
    relations = (
        f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}">]><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        'relationships"><Relationship Id="rId1" Target="&x;"/></Relationships>'
    )
    with pytest.raises(ExportRefused, match="declares a document type"):
        read(dropped(tmp_path, repacked(xlsx([[1]]), {"xl/_rels/workbook.xml.rels": relations.encode()})), format="sheet")


def test_a_large_sheet_stays_within_bounded_memory(tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{n}">' + "".join(f'<c r="{c}{n}"><v>{n}.25</v></c>' for c in "ABCDEFGHIJ") + "</row>" for n in range(1, 12_001)
    )
    path = dropped(tmp_path, xlsx_with(rows))
    count, grown = read_apart(path, "sheet")
    assert count == 12_000
    assert grown < 40
