"""Reading TOML that means harm: what comes back can be shown, else a line is named."""

from __future__ import annotations

import tomllib

import pytest

from collectord.core.toml_faults import toml_fault
from collectord.core.toml_reading import read_toml


@pytest.mark.parametrize("number", ["1" * 5000, "-" + "9" * 30, "0x" + "f" * 5000, "9_223_372_036_854_775_808", "[1, 0x8000000000000000]"])
def test_a_number_of_too_many_digits_is_named_with_its_line(number: str) -> None:
    text = f'# 12345678901234567890\na = "1234567890123456"\nb = {number}\n'
    with pytest.raises(tomllib.TOMLDecodeError) as fault:
        read_toml(text)
    assert toml_fault(text, fault.value) == (3, "this is no TOML: A whole number has too many digits")


def test_a_number_of_sixty_four_bits_is_read() -> None:
    assert read_toml("a = 9223372036854775807") == {"a": 2**63 - 1}


def test_another_fault_is_told_as_the_parser_does() -> None:
    with pytest.raises(tomllib.TOMLDecodeError, match="Invalid value"):
        read_toml("a = ?")
