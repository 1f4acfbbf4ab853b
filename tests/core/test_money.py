"""Money is exact, refuses what is no amount, and never mixes currencies."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.money import LIMIT, Money, NotMoney, from_scaled, parse_amount, plain, plain_map, to_scaled, total

amounts = st.decimals(min_value=-LIMIT + 1, max_value=LIMIT - 1, places=4)


@given(amounts)
def test_an_amount_survives_the_store_and_its_own_text(amount: Decimal) -> None:
    assert from_scaled(to_scaled(amount)) == amount
    assert parse_amount(plain(amount)) == amount


@pytest.mark.parametrize(
    "text", ["", "1_000", "NaN", "1e9", "1.234,56", "1,00", "+5", "１２", "12.", ".5", "1.00000", "--1", "1 000", "0x1", "9" * 14]
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(NotMoney):
        parse_amount(text)


def test_more_than_a_billion_billions_is_a_typing_mistake() -> None:
    with pytest.raises(NotMoney, match="beyond"):
        parse_amount("1000000000000")


def test_a_float_is_no_money() -> None:
    with pytest.raises(TypeError, match="never float"):
        Money(1.5, "EUR")  # type: ignore[arg-type]


def test_a_currency_has_three_capital_letters() -> None:
    with pytest.raises(NotMoney, match="three capital letters"):
        Money(Decimal(1), "eur")


def test_currencies_are_never_added() -> None:
    with pytest.raises(ValueError, match="cannot add EUR and CHF"):
        Money(Decimal(1), "EUR") + Money(Decimal(1), "CHF")


def test_equal_currencies_add_up_and_read_as_text() -> None:
    assert str(Money(Decimal("1.10"), "EUR") + Money(Decimal("2.305"), "EUR")) == "3.405 EUR"


def test_sums_stand_by_currency() -> None:
    sums = total([Money(Decimal(1), "USD"), Money(Decimal(2), "EUR"), Money(Decimal("0.5"), "EUR")])
    assert plain_map(sums) == {"EUR": "2.50", "USD": "1.00"}


def test_five_decimals_do_not_fit_the_store() -> None:
    with pytest.raises(NotMoney, match="more than 4 decimals"):
        to_scaled(Decimal("0.00001"))
