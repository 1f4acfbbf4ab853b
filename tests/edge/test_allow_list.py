"""The numbers that the shipped dialplan may dial, judged against the numbering data they were made from.

Reads dialplan/collect-allow.conf as an administrator would; starts no Asterisk (tests/pbx does).
Invariant looked for: no number of a refused kind is on the list, whatever its digits.
"""

from __future__ import annotations

import re
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

ALLOW = Path(__file__).resolve().parents[2] / "dialplan/collect-allow.conf"
REGIONS = "DE AT CH LI LU NL BE FR IT GB IE ES PL CZ DK SE NO FI US CA".split()  # noqa: SIM905
REFUSED = [
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.PAGER,
    PhoneNumberType.UAN,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
]


def _rules() -> list[tuple[re.Pattern[str], int, int]]:
    rules = []
    for line in ALLOW.read_text().splitlines():
        if found := re.fullmatch(r"exten => _(\+[0-9X\[\]-]+)(!?),1,Return\((\d+)-(\d+)\)", line):
            pattern = found[1].replace("+", r"\+").replace("X", "[0-9]") + ("[0-9]*" if found[2] else "")
            rules.append((re.compile(pattern), int(found[3]), int(found[4])))
        else:
            assert not line.startswith("exten"), line
    return rules


RULES = _rules()


def allowed(number: str) -> bool:
    return any(pattern.fullmatch(number) and low <= len(number) - 1 <= high for pattern, low, high in RULES)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("kind", [PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE])
def test_ordinary_numbers_of_every_country_on_the_list_may_be_dialled(region: str, kind: int) -> None:
    example = phonenumbers.example_number_for_type(region, kind)
    assert example is not None
    assert allowed(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("kind", REFUSED)
def test_no_example_of_a_refused_kind_may_be_dialled(region: str, kind: int) -> None:
    example = phonenumbers.example_number_for_type(region, kind)
    if example is not None and phonenumbers.number_type(example) == kind:
        assert not allowed(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))


CODES = sorted({str(phonenumbers.country_code_for_region(region)) for region in REGIONS})


@given(code=st.sampled_from(CODES), rest=st.from_regex(r"[0-9]{4,13}", fullmatch=True))
def test_for_all_digits_a_number_that_may_be_dialled_is_of_no_refused_kind(code: str, rest: str) -> None:
    number = f"+{code}{rest}"
    if allowed(number):
        assert phonenumbers.number_type(phonenumbers.parse(number)) not in REFUSED


@given(
    code=st.sampled_from(["49", "43", "41", "44", "33", "39", "31"]),
    start=st.sampled_from(["90", "900", "137", "180", "70", "800", "89", "118", "84", "0"]),
    rest=st.from_regex(r"[0-9]{3,9}", fullmatch=True),
)
def test_for_all_digits_behind_suspicious_prefixes_the_same_holds(code: str, start: str, rest: str) -> None:
    number = f"+{code}{start}{rest}"
    if allowed(number):
        assert phonenumbers.number_type(phonenumbers.parse(number)) not in REFUSED


@pytest.mark.parametrize(
    "number",
    [
        "110",
        "112",
        "+110",
        "+112",
        "+49110",
        "+49112",
        "+43112",
        "+499001234567",
        "+4990012345678",
        "+491371234567",
        "+49180123456",
        "+4970012345678",
        "+49800123456",
        "+4911833",
        "+88212345678",
        "+881612345678",
        "+870772111222",
        "+8835100123456",
        "+97912345678",
        "+80012345678",
        "+19002345678",
        "+18765551234",
        "+12425551234",
        "+18095551234",
        "+18005551234",
        "+1911",
        "+447012345678",
        "+449012345678",
        "+448451234567",
        "+41900123456",
        "+43900123456",
        "+33899123456",
        "+39899123456",
        "+4930",
        "+49301",
        "+4930123456789012",
        "+1212555123",
        "+121255512345",
        "",
        "+",
        "4930123456",
        "004930123456",
    ],
)
def test_what_must_never_be_dialled_is_on_no_pattern(number: str) -> None:
    assert not allowed(number)


@pytest.mark.parametrize(
    "number", ["+493012345", "+4930123456789", "+4915112345678", "+49891234", "+4312345678", "+12125551234", "+390612345678"]
)
def test_real_lengths_are_allowed_the_old_short_ones_too(number: str) -> None:
    assert allowed(number)
