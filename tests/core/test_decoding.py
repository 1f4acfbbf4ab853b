"""Encodings of an export: declared ones only, strict, every refusal with its byte."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collectord.core.exports.decoding import Decoder, ExportRefused, Undecodable

DATEV = ("cp1252", "utf-8-sig")


def decoded(content: bytes, encodings: tuple[str, ...], portion: int = 7) -> str:
    decoder = Decoder("en", encodings)
    text = "".join(decoder.feed(content[start : start + portion]) for start in range(0, len(content), portion))
    return text + decoder.feed(b"", final=True)


@pytest.mark.parametrize("portion", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("written", "encodings"),
    [
        ("utf-8", ("utf-8",)), ("utf-8-sig", ("utf-8",)), ("utf-8-sig", DATEV), ("cp1252", DATEV), ("utf-16", ("utf-16",)),
        ("iso-8859-15", ("iso-8859-15",)), ("cp1252", ("cp1252", "utf-16")),
    ],
)  # fmt: skip
def test_a_byte_order_mark_decides_and_else_the_one_encoding_without(written: str, encodings: tuple[str, ...], portion: int) -> None:
    text = "Name;Ort\nMüller & Söhne;Köln\nCafé Größe;Überlingen\n"
    assert decoded(text.encode(written), encodings, portion) == text


@pytest.mark.parametrize("portion", [1, 2, 5, 1000])
def test_utf16_of_both_byte_orders_is_read_by_its_mark(portion: int) -> None:
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert decoded(mark + "a;€\n".encode(codec), ("utf-16", "utf-8"), portion) == "a;€\n"


def test_another_encodings_mark_refuses_the_file_and_names_both() -> None:
    with pytest.raises(ExportRefused, match=r"mark of UTF-16, .* declared as Windows-1252, UTF-8 with BOM"):
        decoded("a;b\n".encode("utf-16"), DATEV)
    with pytest.raises(ExportRefused, match=r"mark of UTF-8, .* declared as Windows-1252"):
        decoded("a;b\n".encode("utf-8-sig"), ("cp1252",))


def test_a_file_without_a_mark_is_refused_where_only_marked_encodings_are_declared() -> None:
    with pytest.raises(ExportRefused, match="no byte-order mark"):
        decoded(b"a;b\n", ("utf-16",))


def test_utf16_without_a_mark_is_named_and_not_read_as_text_with_zeros() -> None:
    with pytest.raises(ExportRefused, match="UTF-16 and has no byte-order mark"):
        decoded("debtor_no;name\n".encode("utf-16-le"), ("utf-8",), 1000)


@pytest.mark.parametrize("portion", [1, 2, 3, 1000])
@pytest.mark.parametrize("letter", ["ü", "ß", "Ä", "é", "\u00a0", "–", "€", "ł", "\ufffd"])
def test_utf8_never_loads_as_windows_1252(letter: str, portion: int) -> None:
    content = f"Name;Ort\nM{letter}ller;K\n".encode()
    with pytest.raises(ExportRefused, match=r"byte 10 \(line 2\) is part of a letter in UTF-8"):
        decoded(content, DATEV, portion)


@pytest.mark.parametrize("portion", [1, 2, 3, 1000])
def test_a_line_in_utf8_within_a_windows_1252_file_refuses_it(portion: int) -> None:
    content = "Name\nMüller\n".encode("cp1252") + "Möller\n".encode()
    with pytest.raises(ExportRefused, match=r"byte 13 \(line 3\) is part of a letter in UTF-8"):
        decoded(content, DATEV, portion)


@pytest.mark.parametrize("portion", [1, 2, 1000])
def test_letters_before_signs_are_windows_1252_when_the_file_is(portion: int) -> None:
    text = "Name\nCAFÉ® – „BÄR“ ÖÄÜ…\nMüller\n"
    assert decoded(text.encode("cp1252"), DATEV, portion) == text


@pytest.mark.parametrize("byte", [0x81, 0x8D, 0x8F, 0x90, 0x9D])
@pytest.mark.parametrize("portion", [1, 3, 1000])
def test_bytes_without_a_meaning_in_windows_1252_refuse_the_file(byte: int, portion: int) -> None:
    with pytest.raises(Undecodable, match=r"byte 5 \(line 2\) is no Windows-1252") as refused:
        decoded(b"a;b\nx" + bytes([byte]) + b";2\n", DATEV, portion)
    assert refused.value.offset == 5


@pytest.mark.parametrize("portion", [1, 3, 1000])
def test_control_bytes_of_iso_8859_15_refuse_the_file(portion: int) -> None:
    with pytest.raises(Undecodable, match=r"byte 5 \(line 2\) is no ISO 8859-15"):
        decoded(b"a;b\nx\x84;2\n", ("iso-8859-15",), portion)


@pytest.mark.parametrize("portion", [1, 2, 3, 1000])
def test_utf16_cut_within_a_letter_names_its_byte(portion: int) -> None:
    with pytest.raises(Undecodable, match=r"byte 6 \(line 1\) is no UTF-16"):
        decoded("a€b".encode("utf-16")[:-1], ("utf-16",), portion)


def test_a_byte_in_the_middle_of_a_letter_that_began_in_the_block_before_is_named_by_where_the_letter_begins() -> None:
    decoder = Decoder("en")
    decoder.feed(b"a" * 80 + b"\nM\xc3")
    with pytest.raises(Undecodable, match=r"byte 82 \(line 2\)"):
        decoder.feed(b"x")


def test_a_mark_alone_is_an_empty_text() -> None:
    assert decoded(b"\xef\xbb\xbf", ("utf-8",)) == ""
    assert decoded(b"", ("utf-8",)) == ""
    assert decoded(b"\xef\xbb", ("cp1252",), 1) == "ï»"


@given(st.text(alphabet="aäöüßÄÖÜéèñ€;\n1“„–", max_size=60), st.integers(1, 9))
def test_for_all_texts_a_marked_file_comes_back_as_it_was(text: str, portion: int) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        assert decoded(text.encode(encoding), (encoding,), portion) == text


@given(st.binary(max_size=160), st.integers(1, 9))
@example(b"\0\0\0\0", 1)
@example(b"a" * 63 + b"\0" * 40, 7)
def test_for_all_bytes_the_portions_make_no_difference(content: bytes, portion: int) -> None:
    def outcome(size: int) -> str:
        try:
            return decoded(content, DATEV, size)
        except ExportRefused as error:
            return f"refused: {error}"

    assert outcome(portion) == outcome(1000)
