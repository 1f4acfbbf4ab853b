"""Two plans beside each other: every debtor is counted once on each side, and the sentences say what the rows add up to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from collectord.core.receivables.ladders import Level
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.plan_difference import EXAMPLES, Difference, Row, Said, edited, said
from collectord.core.receivables.wanted import NotWanted, Wanted

CALL, FIRM = Row("standard", 2, "friendly call"), Row("standard", 5, "firm call")
WAITS = Row("", 0, "not-yet")


def eur(amount: str) -> dict[str, Decimal]:
    return {"EUR": Decimal(amount)}


def key(no: int) -> DebtorKey:
    return DebtorKey("", f"{no}")


def test_who_comes_who_goes_and_who_moves_is_told_in_counts_and_money() -> None:
    found = Difference()
    found.add(key(1), Said(WAITS, eur("10.00")), Said(CALL, eur("10.00")))
    found.add(key(2), Said(CALL, eur("20.00")), Said(WAITS, eur("20.00")))
    found.add(key(3), Said(CALL, eur("40.00")), Said(FIRM, eur("40.00")))
    found.add(key(4), Said(WAITS, {}), Said(WAITS, {}))
    rows = {row["rule"]: row for row in found.rows("today", "tomorrow")}
    assert [row["rule"] for row in found.rows("today", "tomorrow")] == ["friendly call", "firm call", "not-yet"], "steps first"
    friendly = rows["friendly call"]
    assert (friendly["today"], friendly["tomorrow"], friendly["appear"], friendly["vanish"]) == (2, 1, 1, 2)
    assert (friendly["today_open"], friendly["tomorrow_open"]) == ({"EUR": "60.00"}, {"EUR": "10.00"})
    assert (rows["not-yet"]["today"], rows["not-yet"]["tomorrow"]) == (2, 2)
    assert {code: one["count"] for code, one in found.totals().items()} == {"appear": 1, "vanish": 1, "moved": 1, "altered": 0}
    assert found.sentences("en", "UTC") == [
        "1 contact task more: €10.00.",
        "1 contact task less: €20.00.",
        "1 debtor gets another step: €40.00.",
    ]


def test_a_task_that_stays_at_its_step_and_is_otherwise_different_is_counted_apart() -> None:
    found = Difference()
    found.add(key(1), Said(CALL, eur("10.00"), ("call", 40)), Said(CALL, eur("10.00"), ("call", 60)))
    found.add(key(2), Said(CALL, eur("10.00"), ("call", 40)), Said(CALL, eur("15.00"), ("call", 40)))
    found.add(key(3), Said(CALL, eur("10.00"), ("call", 40)), Said(CALL, eur("10.00"), ("call", 40)))
    (row,) = found.rows("before", "after")
    assert (row["before"], row["after"], row["appear"], row["vanish"], row["changed"]) == (3, 3, 0, 0, 2)
    assert found.totals()["altered"] == {"count": 2, "open": {"EUR": "25.00"}}


def test_nothing_that_changes_is_one_sentence() -> None:
    found = Difference()
    found.add(key(1), Said(CALL, eur("1.00")), Said(CALL, eur("1.00")))
    assert found.sentences("de", "UTC") == ["Keine Kontaktaufgabe ändert sich."]


def test_an_edit_that_shows_only_later_says_where_to_look() -> None:
    assert edited([], "try", False, "en", "UTC") == ["All rule files are the same."]
    assert edited(["ladders.toml"], "try", True, "en", "UTC") == ["Other files: ladders.toml."]
    told = edited(["claims.toml", "ladders.toml"], "try", False, "de", "UTC")
    assert told[0] == "Andere Dateien: claims.toml, ladders.toml."
    assert told[1].endswith("zeigt:  collectord simulate --rules try")


def test_examples_are_the_largest_of_those_who_come_and_go() -> None:
    found = Difference()
    for no in range(1, 40):
        found.add(key(no), Said(WAITS, {}), Said(CALL, eur(f"{no}.00")))
    found.add(key(99), Said(CALL, eur("9000.00"), ("call",)), Said(CALL, eur("9000.00"), ("letter",)))
    row = next(row for row in found.rows("before", "after") if row["wanted"])
    assert [example["debtor_no"] for example in row["examples"]] == ["39", "38", "37"]
    assert len(row["examples"]) == EXAMPLES
    assert row["examples"][0] == {"company": "", "debtor_no": "39", "was": "not-yet", "now": "friendly call", "open": {"EUR": "39.00"}}


def test_a_refusal_that_the_strategy_decides_names_the_strategy() -> None:
    full = NotWanted(rule="saturated", until=None, values={})
    waits = NotWanted(rule="not-yet", until=None, values={})
    assert said(full, {}, "gentle", "en").row.name == "saturated (gentle)"
    assert said(waits, {}, "gentle", "en").row.name == "not-yet"


def test_a_task_is_told_by_its_step_and_compared_by_what_it_holds() -> None:
    due = date(2026, 11, 1)

    def asked(priority: int) -> Wanted:
        return Wanted(
            key=key(1), ladder="standard", level=Level(number=2, name="friendly call", name_de="Erinnerung", after_due=3, medium="call"),
            medium="call", items=("A",), open_amount=eur("10.00"), driver="A", driver_due_on=due, oldest_due_on=due, since=due,
            expires_on=None, priority=priority,
        )  # fmt: skip

    one, other = said(asked(40), {}, "gentle", "de"), said(asked(60), {}, "gentle", "de")
    assert one.row == Row("standard", 2, "Erinnerung", step="friendly call") == other.row
    assert one.content != other.content
    assert one.amounts == {"EUR": Decimal("10.00")}


def test_currencies_of_which_nothing_is_overdue_are_left_out() -> None:
    found = Difference()
    found.add(key(1), Said(WAITS, {"EUR": Decimal("0.00"), "CHF": Decimal("5.00")}), Said(WAITS, {}))
    assert found.rows("today", "tomorrow")[0]["today_open"] == {"CHF": "5.00"}
