"""Default, interest, costs and the allocation of payments, with the figures of the law."""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.contact.calendar import WorkingDays
from collectord.core.receivables.claim import (
    DAY,
    ClaimUnknown,
    Owed,
    allocate,
    claimed,
    default_of,
    law_of,
    periods,
    person_of,
    rounded,
    said_of,
    totals,
)
from collectord.core.receivables.claim_doubts import claim_doubts
from collectord.core.receivables.claim_rules import ClaimRules, parse_claims
from collectord.core.receivables.ledger import Debtor
from collectord.core.rule_text import Problem, Table
from collectord.core.wording import Language
from tests.core.call_cases import item

BERLIN = WorkingDays("DE", "BE")
SHIPPED = (Path(__file__).parents[2] / "rules" / "claims.toml").read_text(encoding="utf-8")


def parsed(text: str) -> tuple[ClaimRules, list[Problem]]:
    problems: list[Problem] = []
    return parse_claims(Table(tomllib.loads(text), "", problems)), problems


RULES, _PROBLEMS = parsed(SHIPPED)
DE = law_of(RULES, "DE")
NO_DATE = replace(RULES, calendar_date=False)


def debtor(person_type: str) -> Debtor:
    return Debtor(company="", debtor_no="10023", debtor_name="Muster", person_type=person_type)


def interest(amount: str, person: str, days: int, since: date = date(2026, 3, 1), law: str = "DE") -> Decimal:
    spans = periods(law_of(RULES, law), RULES, person, since, since + days * DAY)
    return rounded(sum((span.interest(Decimal(amount)) for span in spans), Fraction(0)))


def test_the_shipped_file_is_right_and_off() -> None:
    assert _PROBLEMS == []
    assert not RULES.enabled
    assert not parsed("")[0].enabled


# ---------------------------------------------------------------- default


def test_a_calendar_date_puts_in_default_the_next_day_without_a_reminder() -> None:
    found = default_of(item("R1", "100.00", date(2026, 3, 5)), "private", RULES, BERLIN)
    assert (found.since, found.why("en")) == (date(2026, 3, 6), "due on Thu 5 Mar 2026, a date agreed in the contract")


def test_what_is_due_on_a_free_day_is_in_time_on_the_next_working_day() -> None:
    saturday = item("R1", "100.00", date(2026, 3, 7))
    assert default_of(saturday, "business", RULES, BERLIN).since == date(2026, 3, 10)
    assert default_of(saturday, "business", replace(RULES, next_working_day=False), BERLIN).since == date(2026, 3, 8)
    nowhere = WorkingDays("XX")
    assert default_of(saturday, "business", RULES, nowhere).since == date(2026, 3, 10)
    assert default_of(item("R1", "1.00", date(2026, 3, 5)), "business", RULES, nowhere).since == date(2026, 3, 6)


def test_without_an_agreed_date_thirty_days_after_due_date_and_receipt() -> None:
    late_invoice = item("R1", "100.00", date(2026, 3, 2), invoiced_on=date(2026, 3, 6))  # arrives on the 9th
    assert default_of(late_invoice, "business", NO_DATE, BERLIN).since == date(2026, 4, 9)
    early_invoice = item("R1", "100.00", date(2026, 3, 2), invoiced_on=date(2026, 2, 2))
    found = default_of(early_invoice, "business", NO_DATE, BERLIN)
    assert found.since == date(2026, 4, 2)
    assert "30 days after due date and receipt" in found.why("en")


def test_private_persons_only_when_the_invoice_said_so() -> None:
    one = item("R1", "100.00", date(2026, 3, 2))
    found = default_of(one, "private", NO_DATE, BERLIN)
    assert found.since is None
    assert "not in default" in found.why("en")
    assert default_of(one, "private", replace(NO_DATE, private_informed=True), BERLIN).since is not None


def test_a_reminder_puts_in_default_once_it_has_arrived() -> None:
    reminded = item("R1", "100.00", date(2026, 3, 2), last_dunned_on=date(2026, 3, 10))
    assert default_of(reminded, "private", NO_DATE, BERLIN).since == date(2026, 3, 14)
    before_due = item("R1", "100.00", date(2026, 3, 12), last_dunned_on=date(2026, 3, 10))
    assert default_of(before_due, "private", NO_DATE, BERLIN).since is None


# ---------------------------------------------------------------- interest


def test_1190_euros_for_thirty_days() -> None:
    assert interest("1190.00", "business", 30) == Decimal("10.04")
    assert interest("1190.00", "private", 30) == Decimal("6.13")


def test_other_countries_have_their_own_rates() -> None:
    assert [span.rate for span in periods(law_of(RULES, "AT"), RULES, "business", date(2025, 8, 1), date(2025, 9, 1))] == [Decimal("10.73")]
    assert interest("1000.00", "private", 365, law="CH") == interest("1000.00", "business", 365, law="CH") == Decimal("50.00")
    assert interest("1000.00", "private", 365, law="AT") == Decimal("40.00")
    assert periods(law_of(RULES, "CH"), RULES, "private", date(2026, 1, 1), date(2026, 1, 1)) == ()


def test_each_day_has_the_rate_of_its_half_year() -> None:
    spans = periods(DE, RULES, "business", date(2025, 6, 21), date(2025, 7, 11))
    assert [(span.since, span.days, span.rate) for span in spans] == [
        (date(2025, 6, 21), 10, Decimal("11.27")),
        (date(2025, 7, 1), 10, Decimal("10.27")),
    ]


def test_a_day_that_no_rate_covers_is_an_error_that_names_it() -> None:
    with pytest.raises(ClaimUnknown, match=r"no base rate of DE covers Fri 1 Jan 2027: add it to rules/claims.toml"):
        periods(DE, RULES, "business", date(2026, 12, 1), date(2027, 1, 2))
    with pytest.raises(ClaimUnknown, match=r"rules/claims.toml knows no law of FR: write \[law_of.FR\], or set law to one of AT, CH, DE"):
        law_of(RULES, "FR")
    assert law_of(replace(RULES, law="AT"), "DE").name == "AT"


DAYS = st.dates(date(2024, 1, 1), date(2026, 6, 30))


@given(st.decimals("0.01", "99999999", places=2), st.sampled_from(["private", "business"]), st.lists(DAYS, min_size=2, max_size=8))
def test_for_all_splits_the_parts_bear_the_interest_of_the_whole(amount: Decimal, person: str, days: list[date]) -> None:
    cuts = sorted(days)

    def exact(since: date, end: date) -> Fraction:
        return sum((span.interest(amount) for span in periods(DE, RULES, person, since, end)), Fraction(0))

    parts = sum((exact(one, other) for one, other in itertools.pairwise(cuts)), Fraction(0))
    assert parts == exact(cuts[0], cuts[-1])


@given(st.decimals("0.01", "99999999", places=2), DAYS, st.integers(0, 900))
def test_for_all_debts_a_day_more_never_bears_less_and_business_never_less_than_private(amount: Decimal, since: date, days: int) -> None:
    end = min(since + timedelta(days=days), date(2026, 6, 30))

    def exact(person: str, until: date) -> Fraction:
        return sum((span.interest(amount) for span in periods(DE, RULES, person, since, until)), Fraction(0))

    assert exact("private", end) <= exact("private", end + DAY)
    assert exact("private", end) <= exact("business", end)


# ---------------------------------------------------------------- the claim

ON = date(2026, 3, 31)


def test_the_claim_of_a_business_debtor() -> None:
    items = [
        item("R2", "50.00", date(2026, 4, 5)),
        item("R1", "1190.00", date(2026, 3, 1), invoiced_on=date(2026, 2, 1)),  # a Sunday: in default from the 3rd
        item("G1", "-10.00"),
        item("R3", "80.00", date(2026, 1, 5), dispute=True),
        item("R4", "80.00", date(2026, 1, 6)),
    ]
    found = claimed(debtor("business"), items, RULES, DE, ON, BERLIN, disputed=["R4"])
    told = {one.item.item_no: one.document() for one in found}
    assert list(told) == ["R3", "R4", "R1", "R2"]
    assert told["R1"]["default_on"] == "2026-03-03"
    assert (told["R1"]["days"], told["R1"]["interest"], told["R1"]["costs"], told["R1"]["total"]) == (29, "9.71", "40.00", "1239.71")
    assert told["R1"]["rates"] == ["10.27"]
    assert (told["R2"]["interest"], told["R2"]["costs"]) == ("0.00", "0.00")
    assert told["R2"]["why"].startswith("not in default yet")
    assert "disputed" in told["R3"]["why"]
    assert "disputed" in told["R4"]["why"]
    sums = totals(found)["EUR"]
    assert sums["total"] == sums["principal"] + sums["interest"] + sums["costs"] == Decimal("1449.71")


def test_somebody_who_may_be_a_private_person_pays_less_and_no_flat_sum() -> None:
    one = item("R1", "1190.00", date(2026, 3, 2))
    for person_type in ("private", ""):
        (found,) = claimed(debtor(person_type), [one], RULES, DE, ON, BERLIN)
        assert (found.interest, found.costs) == (Decimal("5.93"), Decimal(0))
    assert person_of(debtor("business")) == "business"
    (never,) = claimed(debtor(""), [one], NO_DATE, DE, ON, BERLIN)
    assert (never.interest, never.document()["default_on"]) == (Decimal(0), None)


def test_the_flat_sum_is_once_a_claim_and_fees_count_towards_it() -> None:
    fees = replace(RULES, reminder_fee=Decimal("5.00"), returned_debit_fee=Decimal("4.50"))
    reminded = item("R1", "100.00", date(2026, 3, 2), dunning_level=3, last_dunned_on=date(2026, 3, 20), returned_on=date(2026, 3, 9))
    (business,) = claimed(debtor("business"), [reminded], fees, DE, ON, BERLIN)
    assert business.costs == Decimal("40.00")
    (private,) = claimed(debtor("private"), [reminded], fees, DE, ON, BERLIN)
    assert private.costs == Decimal("19.50")  # three reminders and the returned debit
    (begun,) = claimed(debtor("private"), [reminded], replace(fees, calendar_date=False), DE, ON, BERLIN)
    assert begun.costs == Decimal("14.50")  # the reminder that began the default is free
    francs = item("R1", "100.00", date(2026, 3, 2), currency="CHF", dunning_level=3)
    (foreign,) = claimed(debtor("business"), [francs], fees, DE, ON, BERLIN)
    assert foreign.costs == 0


def fees_of(*reminded: tuple[int, date | None], rules: ClaimRules = RULES) -> list[Decimal]:
    """What the items of one debtor cost, by the level of each and the day of its last letter."""
    items = [
        item(f"R{at}", "100.00", date(2026, 3, 2), dunning_level=level, last_dunned_on=day) for at, (level, day) in enumerate(reminded)
    ]
    return [one.costs for one in claimed(debtor("private"), items, replace(rules, reminder_fee=Decimal(5)), DE, ON, BERLIN)]


LETTER, NEXT = date(2026, 3, 20), date(2026, 4, 3)


def test_one_letter_that_names_several_invoices_costs_one_fee() -> None:
    assert fees_of((1, LETTER), (1, LETTER), (1, LETTER)) == [5, 0, 0]
    assert fees_of((1, LETTER), (2, LETTER)) == [0, 10]  # the earlier letter named only one of them
    assert fees_of((1, LETTER), (1, NEXT)) == [5, 5]
    assert fees_of((1, LETTER), (2, NEXT)) == [5, 5]  # its first letter may have been the other's
    assert fees_of((1, LETTER), (3, NEXT)) == [5, 10]
    assert fees_of((0, LETTER), (0, NEXT)) == [0, 0]


def test_letters_of_unknown_day_are_no_more_than_the_highest_level_proves() -> None:
    assert fees_of((1, None), (2, None)) == [0, 10]
    assert fees_of((1, LETTER), (1, NEXT), (2, None)) == [5, 5, 0]
    assert fees_of((1, LETTER), (2, None)) == [5, 5]


def test_of_a_letter_that_only_began_a_default_nobody_pays() -> None:
    by_letter = replace(RULES, calendar_date=False)
    assert fees_of((1, LETTER), (1, LETTER), rules=by_letter) == [0, 0]
    assert fees_of((1, LETTER), (2, LETTER), rules=by_letter) == [0, 5]


def test_letters_to_another_debtor_of_the_family_are_their_own() -> None:
    two = [item("R1", "100.00", date(2026, 3, 2), dunning_level=1, last_dunned_on=LETTER)]
    two.append(replace(two[0], debtor_no="10024"))
    found = claimed(debtor("private"), two, replace(RULES, reminder_fee=Decimal(5)), DE, ON, BERLIN)
    assert [one.costs for one in found] == [5, 5]


# ---------------------------------------------------------------- allocation


def test_a_payment_pays_costs_then_interest_then_principal() -> None:
    found = allocate(Owed(Decimal("5.00"), Decimal("0.25"), Decimal("100.00")), Decimal("100.00"))
    assert (found.rest, found.over) == (Owed(Decimal(0), Decimal(0), Decimal("5.25")), Decimal(0))
    assert allocate(Owed(Decimal(1), Decimal(1), Decimal(1)), Decimal(5)).over == Decimal(2)


AMOUNTS = st.decimals(0, 100_000, places=2)


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
def test_for_all_payments_nothing_is_lost_and_the_order_holds(costs: Decimal, due: Decimal, principal: Decimal, payment: Decimal) -> None:
    owed = Owed(costs, due, principal)
    found = allocate(owed, payment)
    assert found.paid.total + found.over == payment
    assert found.paid.total + found.rest.total == owed.total
    assert min(found.paid.costs, found.paid.interest, found.paid.principal, found.over) >= 0
    assert found.paid.interest == 0 or found.rest.costs == 0
    assert found.paid.principal == 0 or found.rest.interest == 0
    assert found.over == 0 or found.rest.total == 0


# ---------------------------------------------------------------- the file


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ('law = "FR"', "law", "there is no [law_of.FR]"),
        ("[law_of.FR]", "law_of.FR.private_points", "say either private_points (above the base rate) or private_rate"),
        ('[fees]\nreminder = "-1.00"', "fees.reminder", "cannot be negative"),
        ('[fees]\ncurrency = "euro"', "fees.currency", "no ISO code"),
        ('[[base_rate]]\nlaw = "FR"\nfrom = 2026-01-01\nuntil = 2026-06-30\nrate = "1.00"', "base_rate.0.law", "there is no [law_of.FR]"),
        ("[default]\ndaze = 3", "default.daze", "not known here"),
    ],
)
def test_what_is_wrong_with_the_file_is_said(text: str, key: str, words: str) -> None:
    _, problems = parsed(text)
    assert any(problem.path == key and words in problem.sentence for problem in problems), problems


def test_rates_must_not_overlap_or_end_before_they_begin() -> None:
    def rate(since: str, until: str) -> str:
        return f'[[base_rate]]\nlaw = "DE"\nfrom = {since}\nuntil = {until}\nrate = "1.00"\n'

    law = '[law_of.DE]\nprivate_points = "5.00"\nbusiness_points = "9.00"\n'
    _, problems = parsed(law + rate("2026-01-01", "2026-06-30") + rate("2026-06-30", "2026-12-31"))
    assert [(problem.path, problem.sentence) for problem in problems] == [
        ("base_rate.1.from", "from 2026-06-30 is covered already by the rate from 2026-01-01")
    ]
    _, problems = parsed(law + rate("2026-07-01", "2026-06-30"))
    assert [problem.sentence for problem in problems] == ["until 2026-06-30 lies before from 2026-07-01"]


def test_a_briefing_names_what_is_added_and_nothing_where_nothing_is() -> None:
    found = claimed(
        debtor("business"), [item("R1", "100.00", date(2026, 3, 2)), item("R2", "9.00", date(2026, 9, 1))], RULES, DE, ON, BERLIN
    )
    assert said_of(found, "en") == ("In default: €0.82 interest and €40.00 costs as of today, €149.82 in all.",)
    assert said_of(claimed(debtor("business"), [item("R2", "9.00", date(2026, 9, 1))], RULES, DE, ON, BERLIN), "en") == ()


def test_amounts_are_documents_of_texts() -> None:
    (found,) = claimed(debtor("business"), [item("R1", "100.00", date(2026, 3, 2))], RULES, DE, ON, BERLIN)
    document: dict[str, Any] = found.document()
    assert {name for name, value in document.items() if not isinstance(value, str)} == {"days", "rates"}


# ---------------------------------------------------------------- check


SWITCHED_ON = replace(RULES, enabled=True)


def doubted(rules: ClaimRules, country: str = "DE", today: date = date(2027, 1, 1), language: Language = "en") -> list[str]:
    return [f"{doubt.path}: {doubt.sentence}" for doubt in claim_doubts(rules, country, today, language)]


def test_a_base_rate_that_is_missing_today_is_told_while_the_calculator_is_on() -> None:
    last = max((rate.until, place) for place, rate in enumerate(SWITCHED_ON.base_rates) if rate.law == "DE")[1]
    (told,) = doubted(SWITCHED_ON)
    assert told.startswith(f"base_rate.{last}.until: no base rate of DE covers today, Fri 1 Jan 2027, so no claim can be computed")
    assert "kein Basiszinssatz von AT gilt heute" in doubted(SWITCHED_ON, "AT", language="de")[0]
    assert doubted(SWITCHED_ON, today=date(2026, 12, 31)) == doubted(RULES) == doubted(SWITCHED_ON, "CH") == []
    assert doubted(replace(SWITCHED_ON, base_rates=()))[0].startswith("law_of.DE: no base rate of DE")


def test_a_country_without_a_law_is_told_while_the_calculator_is_on() -> None:
    assert doubted(SWITCHED_ON, "FR") == ["enabled: the calculator is on, but there is no [law_of.FR]; known are AT, CH, DE"]
    assert doubted(replace(SWITCHED_ON, laws={}), "FR") == ["enabled: the calculator is on, but there is no [law_of.FR]; known are -"]


@pytest.mark.parametrize("law", ["DE", "AT"])
def test_the_shipped_rates_of_a_law_follow_each_other_without_a_gap(law: str) -> None:
    rates = sorted((rate.since, rate.until) for rate in RULES.base_rates if rate.law == law)
    assert rates[0][0] == date(2024, 1, 1)
    assert all(since == before + DAY for (_, before), (since, _) in pairwise(rates))
