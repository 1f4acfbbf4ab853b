"""Records of a delimited file: strict, bounded, no row swallowed."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.exports.csv_records import MAX_LINE, Decoder, ExportRefused, Record, Records, refuse_by_magic, split_quoted


def records_of(text: str, *, portion: int = 7) -> list[Record]:
    reader = Records("en")
    found: list[Record] = []
    for start in range(0, len(text), portion):
        found += reader.feed(text[start : start + portion])
    return found + list(reader.finish())


def decoded(content: bytes, portion: int) -> str:
    decoder = Decoder("en")
    text = [decoder.feed(content[start : start + portion]) for start in range(0, len(content), portion)]
    return "".join([*text, decoder.feed(b"", final=True)])


def fields_of(text: str) -> list[list[str]]:
    return [record.fields for record in records_of(text)]


def test_the_delimiter_is_the_one_that_the_header_uses_more_often() -> None:
    assert fields_of("a;b;c\n1,5;2;3\n") == [["a", "b", "c"], ["1,5", "2", "3"]]
    assert fields_of("a,b,c\n1;5,2,3\n") == [["a", "b", "c"], ["1;5", "2", "3"]]


def test_a_quoted_field_may_hold_delimiters_line_breaks_and_doubled_quotes() -> None:
    records = records_of('a;b\n"Müller; ""Söhne""\nGmbH";2\n3;4\n')
    assert records[1].fields == ['Müller; "Söhne"\nGmbH', "2"]
    assert [record.line for record in records] == [1, 2, 4]


def test_windows_line_ends_and_blank_lines_make_no_difference() -> None:
    assert fields_of("a;b\r\n\r\n1;2\r\n\n") == [["a", "b"], ["1", "2"]]


def test_a_quote_that_is_never_closed_refuses_the_whole_file_and_names_its_line() -> None:
    with pytest.raises(ExportRefused, match="line 3"):
        records_of('a;b\n1;2\n3;"open\n4;5\n')


def test_a_quote_left_open_does_not_swallow_rows_until_the_next_quoted_field() -> None:
    for text in ('a;b\n1;"open\n2;"Name"\n3;4\n', 'a;b\n1;"open\n2;"Name"\n3;x"\n4;5\n', 'a;b\n1;"open\n2;x"y\n3;4\n'):
        with pytest.raises(ExportRefused, match="line 2"):
            records_of(text)


def test_an_open_quote_is_refused_before_it_swallows_more_than_one_line_length() -> None:
    with pytest.raises(ExportRefused, match="line 2"):
        records_of('a;b\n1;"open\n' + "x;y\n" * MAX_LINE, portion=4096)


def test_an_open_quote_before_a_line_beyond_the_limit_refuses_the_file() -> None:
    with pytest.raises(ExportRefused, match="line 2"):
        records_of('a;b\n1;"open\n' + "x" * (2 * MAX_LINE), portion=4096)
    with pytest.raises(ExportRefused, match="line 2"):
        records_of('a;b\n1;"' + "x" * (2 * MAX_LINE) + "\n2;3\n", portion=4096)


def test_a_stray_quote_rejects_its_row_alone() -> None:
    records = records_of('a;b\n1;5" pipe\n"x"y;2\n3;4\n')
    assert [record.problem for record in records] == ["", "bare_quote", "after_quote", ""]
    assert records[1].raw == '1;5" pipe'


@pytest.mark.parametrize("portion", [1000, 10 * MAX_LINE])
def test_a_line_beyond_the_limit_rejects_its_row_alone_and_is_not_kept(portion: int) -> None:
    records = records_of("a;b\n1;" + "x" * (3 * MAX_LINE) + "\n2;3\n", portion=portion)
    assert [(record.line, record.problem) for record in records] == [(1, ""), (2, "long_line"), (3, "")]
    assert len(records[1].raw) <= 2_000


def test_a_header_beyond_the_limit_refuses_the_file() -> None:
    for text in ("a" * (2 * MAX_LINE), "a" * (2 * MAX_LINE) + "\n1\n"):
        for portion in (1000, 10 * MAX_LINE):
            with pytest.raises(ExportRefused, match="header"):
                records_of(text, portion=portion)


def test_a_last_line_without_a_line_end_is_marked() -> None:
    assert [record.ended for record in records_of("a;b\n1;2\n3;4")] == [True, True, False]
    assert [record.ended for record in records_of('a;b\n"1";2')] == [True, False]
    assert [record.problem for record in records_of("a;b\n" + "x" * (2 * MAX_LINE), portion=999)] == ["", "long_line"]
    assert records_of("a;b")[0].fields == ["a", "b"]
    assert records_of("a;b\n\r")[1:] == []


def test_a_byte_order_mark_is_dropped() -> None:
    assert Decoder("en").feed(b"\xef\xbb\xbfdebtor_no", final=True) == "debtor_no"


@pytest.mark.parametrize("portion", [1, 2, 3, 100])
def test_bytes_that_are_no_utf8_refuse_the_file_and_name_the_offset(portion: int) -> None:
    content = "Müller;".encode() + b"M\xfcller\n"
    with pytest.raises(ExportRefused, match=f"byte {len('Müller;'.encode()) + 1} "):
        decoded(content, portion)


def test_a_file_cut_within_a_letter_is_refused() -> None:
    decoder = Decoder("de")
    decoder.feed(b"M\xc3")
    with pytest.raises(ExportRefused, match="Byte 1 "):
        decoder.feed(b"", final=True)


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"\x1f\x8b\x08\x00", "gzip"), (b"PK\x03\x04", "zip"), (b"%PDF-1.7", "PDF"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
        (b"\xff\xfed\x00", "UTF-16"), (b"", "empty"), (b"<?xml version", "XML"),
    ],
)  # fmt: skip
def test_archives_spreadsheets_and_other_encodings_are_known_by_their_first_bytes(head: bytes, word: str) -> None:
    with pytest.raises(ExportRefused, match=word):
        refuse_by_magic(head, "en")


def test_text_is_not_refused_by_its_first_bytes() -> None:
    refuse_by_magic(b"debtor_no;", "en")


@given(st.lists(st.lists(st.text(alphabet='ab;,"\n ü', max_size=6), min_size=2, max_size=4), min_size=1, max_size=6), st.integers(1, 50))
def test_for_all_properly_quoted_files_every_field_comes_back(rows: list[list[str]], portion: int) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["h1", "h2"])
    writer.writerows(rows)
    assert [record.fields for record in records_of(text.getvalue(), portion=portion)[1:]] == rows


@given(st.text(alphabet='a;"', max_size=12))
def test_for_all_single_lines_the_split_agrees_with_a_strict_reader(line: str) -> None:
    try:
        rows = list(csv.reader([line], delimiter=";", strict=True))
    except csv.Error:
        assert not isinstance(split_quoted(line, ";"), list)
        return
    expected = rows[0] if rows else []
    found = split_quoted(line, ";")
    assert found == (expected or [""]) or found == "bare_quote"  # the library takes a stray quote for text; we do not


def split(text: str, delimiter: str = "", *, quotes: bool = True, portion: int = 5) -> list[list[str]]:
    reader = Records("en", delimiter, quotes=quotes)
    found = [record for start in range(0, len(text), portion) for record in reader.feed(text[start : start + portion])]
    return [record.fields for record in (*found, *reader.finish())]


def test_a_tab_is_the_delimiter_where_the_header_uses_it_most() -> None:
    assert split("a\tb, c\td\n1\t2;3\t4\n") == [["a", "b, c", "d"], ["1", "2;3", "4"]]


def test_delimiters_within_quotes_do_not_choose() -> None:
    assert split('"a, b, c";"d, e"\n1;2\n') == [["a, b, c", "d, e"], ["1", "2"]]


def test_title_lines_without_a_delimiter_leave_the_choice_to_the_header() -> None:
    assert split("Aging report\nAs of\na,b\n1,2\n") == [["Aging report"], ["As of"], ["a", "b"], ["1", "2"]]


def test_a_file_of_one_column_is_split_nowhere() -> None:
    assert split('a\n1\n"2"\n"3\n4"\n') == [["a"], ["1"], ["2"], ["3\n4"]]


def test_a_declared_delimiter_counts_whatever_the_header_uses() -> None:
    assert split("| a;b | c;d |\n-----\n", "|") == [["", " a;b ", " c;d ", ""], ["-----"]]


def test_without_quotes_a_quote_is_a_character_like_any_other() -> None:
    assert split('a|b\n5" pipe|"x\n', "|", quotes=False) == [["a", "b"], ['5" pipe', '"x']]


@pytest.mark.parametrize("portion", [1, 1000])
def test_a_first_line_that_only_names_the_delimiter_is_no_record(portion: int) -> None:
    for first in ("sep=|", '"sep=|"', "SEP=|\r"):
        assert split(f"{first}\na|b\n1|2\n", portion=portion) == [["a", "b"], ["1", "2"]]
    assert split("sep=;\na|b\n", "|", portion=portion) == [["a", "b"]]  # the profile knows better
    assert split("a;b\nsep=|\n", portion=portion)[1] == ["sep=|"]


def test_lines_that_end_with_cr_alone_are_refused_with_the_remedy() -> None:
    for text in ("a;b\r1;2\r", "a;b\r1;2\r\n", "a;b\r" + "1;2\r" * MAX_LINE):
        with pytest.raises(ExportRefused, match="LF or CRLF"):
            split(text, portion=4096)


def test_a_lone_cr_vt_nul_or_line_separator_ends_no_row() -> None:
    row = "x\ry\x0bz\x00\u2028w;2"
    assert split(f"a;b\n{row}\n3;4\n") == [["a", "b"], row.split(";"), ["3", "4"]]


@pytest.mark.parametrize("delimiter", ["", ";"])
def test_an_overlong_first_line_is_refused_or_rejected_alone(delimiter: str) -> None:
    text = "a;b" * MAX_LINE + "\n1;2\n"
    if delimiter:
        assert split(text, delimiter, portion=4096) == [[], ["1", "2"]]
    else:
        with pytest.raises(ExportRefused, match="header"):
            split(text, portion=4096)


def test_doubled_quotes_come_back_single() -> None:
    assert split_quoted('"a ""b""";"";c', ";") == ['a "b"', "", "c"]
    assert split_quoted('"";"x"', ";") == ["", "x"]
