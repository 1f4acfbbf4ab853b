"""A file that is no TOML is told in words that say what to do, with the line."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.toml_faults import toml_fault


def fault(text: str) -> tuple[int, str]:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    line, sentence = toml_fault(text, caught.value)
    return line, sentence.removeprefix("this is no TOML: ")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('a = 1\nnot_on = "fri"\nnot_on = "mon"\n', 3, "not_on stands twice, first in line 2; keep one of the two"),
        ("[x]\na = 1\n[y]\na = 1\na = [\n 2,\n]\n", 7, "a stands twice, first in line 4; keep one of the two"),
        ("a = 1\na.b = 2\n", 2, "a.b stands twice; keep one of the two"),
        ("[d]\na = 1\n\n[d]\n", 4,
         "the table d stands twice, first in line 1; put all of it under one, or write [[d]] at each if there may be several"),
        ("[d]\n[[d]]\n", 2,
         "the table d stands twice, first in line 1; put all of it under one, or write [[d]] at each if there may be several"),
        ("[a]\nb.c = 1\n[a.b]\n", 3,
         "the table a.b stands twice; put all of it under one, or write [[a.b]] at each if there may be several"),
        ('a = "x\nb = 1\n', 1, "the closing quote is missing"),
        ("a = 'x\nb = 1\n", 1, "the closing quote is missing"),
        ("a = 'x\nb = 'y'\n", 1, "the closing quote is missing"),
        ("a = 1\nb = '''x\n\n", 2, "the closing quote is missing"),
        ("a = 'x", 1, "the closing quote is missing"),
        ('a = """x\n', 2, "the closing quote is missing"),
        ('a = ["x,\n"y"]\n', 1, "the closing quote is missing"),
        ("a = 1\nb = fri # not mon\n", 2, 'fri must stand in quotes: "fri"'),
        ("a = 25,00\n", 1, '25,00 must stand in quotes: "25,00"'),
        ("a = 30 %\n", 1, '30 % must stand in quotes: "30 %"'),
        ("a = \n", 1, "Invalid value"),
        ("a = [1\nb = 2\n", 2, "a list is not closed: a ] is missing, or a comma between two entries"),
        ("[d\n", 1, "the closing bracket ] is missing"),
        ("[[d]\n", 1, "the closing brackets ]] are missing"),
        ("some words\n", 1, "there is no = after the key; a comment begins with #"),
        ("a = 0010 # of accounting\n", 1,
         'Expected newline or end of document after a statement; 0010 begins with 0, so it must stand in quotes: "0010"'),
        ('a = "c:\\dir"\n', 1, "Unescaped '\\' in a string"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_and_what_to_do(text: str, line: int, words: str) -> None:
    assert fault(text) == (line, words)


def test_words_without_a_place_are_kept() -> None:
    assert toml_fault("a = 1", ValueError("odd")) == (1, "this is no TOML: odd")
    assert toml_fault("words", ValueError("Cannot overwrite a value (at line 1, column 2)")) == (
        1, "this is no TOML: Cannot overwrite a value",
    )  # fmt: skip
    assert toml_fault("a = 1\n\n# c\n", ValueError("Cannot overwrite a value (at line 3, column 1)"))[0] == 3


@given(st.text(alphabet="ab=[]{}\"'#.,1 \n", max_size=40))
def test_whatever_is_written_is_told_in_one_line(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, sentence = toml_fault(text, error)
        assert 1 <= line <= text.count("\n") + 1
        assert "\n" not in sentence
