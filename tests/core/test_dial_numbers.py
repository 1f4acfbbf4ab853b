"""What an export wrote -> what may be dialled, or why not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.contact.dial_numbers import DIALABLE, to_dial_number


@pytest.mark.parametrize(
    ("raw", "country", "e164", "zone"),
    [
        ("0221/1234567", "DE", "+492211234567", "Europe/Berlin"),
        ("+49 (0) 221 1234567", "DE", "+492211234567", "Europe/Berlin"),
        ("+49(0)30-12345600", "DE", "+493012345600", "Europe/Berlin"),
        ("0049 221 1234567", "DE", "+492211234567", "Europe/Berlin"),
        ("0221-123456-78", "DE", "+4922112345678", "Europe/Berlin"),
        ("0221–1234567", "DE", "+492211234567", "Europe/Berlin"),
        ("0221 1234-56", "DE", "+49221123456", "Europe/Berlin"), ("0221/1234-0", "DE", "+4922112340", "Europe/Berlin"),
        ("+49 (0)221 1234567", "DE", "+492211234567", "Europe/Berlin"), ("+49 (0) 221/1234-567", "AT", "+492211234567", "Europe/Berlin"),
        ("(0221) 12 34 56 7", "DE", "+492211234567", "Europe/Berlin"), ("00 49 [221] 1234567", "CH", "+492211234567", "Europe/Berlin"),
        ("0151 12345678", "DE", "+4915112345678", "Europe/Berlin"),
        ("+43 1 5330", "DE", "+4315330", "Europe/Vienna"),
        ("044 668 18 00", "CH", "+41446681800", "Europe/Zurich"),
        ("(212) 555-0123", "US", "+12125550123", "America/New_York"),
    ],
)  # fmt: skip
def test_a_number_as_people_write_it_becomes_dialable(raw: str, country: str, e164: str, zone: str) -> None:
    number = to_dial_number(raw, 1, country)
    assert (number.e164, number.problem) == (e164, None)
    assert zone in number.zones
    assert number.raw == raw


@pytest.mark.parametrize(
    ("raw", "country", "word"),
    [
        ("110", "DE", "emergency"), ("112", "DE", "emergency"), ("911", "US", "emergency"), ("+49110", "DE", "emergency"),
        ("+49112", "DE", "emergency"), ("030 112", "DE", "emergency"), ("116117", "DE", "emergency"),
        ("0900 1234567", "DE", "premium"), ("+499001234567", "DE", "premium"), ("+44 909 8790123", "DE", "premium"),
        ("0180 5 123456", "DE", "shared-cost"), ("0137 1234567", "DE", "shared-cost"), ("0800 1234567", "DE", "free"),
        ("0700 12345678", "DE", "personal"), ("+870773111632", "DE", "satellite"), ("+8816 1234567", "DE", "satellite"),
        ("+882 16 1234567", "DE", "satellite"), ("+979 1 2345 6789", "DE", "satellite"),
        ("0221 1234567 ext. 12", "DE", "extension"), ("0221 1234567 x12", "DE", "extension"),
        ("0221/1234567 Durchwahl 9", "DE", "extension"), ("0221/1234-0 DW 12", "DE", "extension"),
        ("0221 1234567 ext 5", "DE", "extension"),
        ("０２２１１２３４５６７", "DE", "characters"), ("٠٢٢١١٢٣٤٥٦٧", "DE", "characters"), ("0221 CALLME", "DE", "characters"),
        ("030 1234560&PJSIP/202", "DE", "characters"), ("${SHELL(id)}", "DE", "characters"), ("", "DE", "characters"),
        ("+49+221", "DE", "characters"), ("1" * 2000, "DE", "too long"), ("0221 1234567 / 0171 1234567", "DE", "numbering plan"),
        ("12", "DE", "numbering plan"), ("+", "DE", "characters"), ("+999 1234567", "DE", "numbering plan"), ("()", "DE", "numbering plan"),
        ("0221 1234567", "", "unknown"), ("0221 1234567", "XX", "unknown"),
    ],
)  # fmt: skip
def test_a_number_that_must_not_or_cannot_be_dialled_says_why(raw: str, country: str, word: str) -> None:
    number = to_dial_number(raw, 2, country)
    assert number.e164 is None
    assert number.problem is not None
    assert word in number.problem
    assert number.position == 2


@given(
    st.sampled_from(["30", "221", "151", "3641", "49", "900", "1"]),
    st.integers(0, 10**9),
    st.sampled_from(["0", "+49", "0049 ", "+49 (0) "]),
)
def test_for_all_numbers_separators_change_nothing(area: str, rest: int, lead: str) -> None:
    plain = to_dial_number(f"{lead}{area}{rest}", 1, "DE")
    spaced = to_dial_number(f"{lead}{area} / {rest // 100}-{rest % 100:02}" if rest > 99 else f"{lead}{area}/{rest}", 1, "DE")
    assert (plain.e164, plain.kind, plain.zones, plain.problem) == (spaced.e164, spaced.kind, spaced.zones, spaced.problem)


def test_a_number_whose_country_has_several_zones_has_those_of_its_place_and_a_mobile_those_of_the_country() -> None:
    assert to_dial_number("+1 212 555 0123", 1, "").zones == ("America/New_York",)
    assert to_dial_number("+55 11 3123-4567", 1, "").zones == ("America/Sao_Paulo",)
    assert to_dial_number("+61 412 345 678", 1, "").kind == "mobile"
    assert len(to_dial_number("+61 412 345 678", 1, "").zones) > 3


def test_the_reason_is_told_in_the_house_language() -> None:
    assert "Notruf" in (to_dial_number("110", 1, "DE", "de").problem or "")


@given(st.text(alphabet="+0123456789 ()/-.x&\r\n,|@$", max_size=30), st.sampled_from(["DE", "US", "AT", "", "GB"]))
def test_for_all_texts_what_may_be_dialled_has_the_one_allowed_form(raw: str, country: str) -> None:
    number = to_dial_number(raw, 1, country)
    assert (number.e164 is None) != (number.problem is None)
    assert number.e164 is None or DIALABLE.match(number.e164)
