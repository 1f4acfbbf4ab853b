"""Master data rows: what a row may hold, and what a debtor's rows say together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.exports.columns import MASTER_COLUMNS
from collectord.core.exports.master_rows import EMPTIED, FIELDS, ContactPerson, Gathering, MasterReader, MasterSaid, merged, merged_persons
from collectord.core.exports.open_items import BadRow


def values(**given: str) -> tuple[str, ...]:
    return tuple({"debtor_no": "10", **given}.get(name, "") for name in MASTER_COLUMNS)


def check(reader: MasterReader | None = None, **given: str) -> dict[str, str]:
    """The good row's cells by name."""
    row = (reader or MasterReader("en")).check(2, values(**given), "raw")
    assert isinstance(row, tuple)
    assert not isinstance(row, BadRow)
    return dict(zip(MASTER_COLUMNS, row, strict=True))


def refused(**given: str) -> BadRow:
    row = MasterReader("en").check(7, values(**given), "the line")
    assert isinstance(row, BadRow)
    return row


def test_cells_come_out_in_canonical_form() -> None:
    cells = check(
        debtor_name="  Kontor GmbH ", country="de", potential_class="ii", language="DEU", credit_limit="1500.5",
        payment_method="Direct Debit", dunning_block="2026-12-31",
        person_name="Eva Weber", person_role="Buchhaltung", person_hours="mon-fri 08:00-12:00",
        person_language="DE-de",
    )  # fmt: skip
    assert (cells["debtor_name"], cells["country"], cells["potential_class"], cells["language"]) == ("Kontor GmbH", "DE", "II", "de")
    assert (cells["credit_limit"], cells["payment_method"], cells["dunning_block"]) == ("1500.50", "direct_debit", "2026-12-31")
    assert (cells["person_no"], cells["person_language"]) == ("eva weber", "de")


@pytest.mark.parametrize(("said", "kept"), [("yes", "9999-12-31"), ("no", "no"), ("NO", "no"), ("", ""), ("2026-12-31", "2026-12-31")])
def test_a_block_is_the_day_it_ends(said: str, kept: str) -> None:
    assert check(dunning_block=said)["dunning_block"] == kept


def test_a_person_without_a_name_is_called_by_its_role_and_keeps_its_own_number() -> None:
    cells = check(person_role="Accounts payable", person_phone="0221 1234567", person_no="4")
    assert (cells["person_no"], cells["person_name"]) == ("4", "Accounts payable")


@pytest.mark.parametrize(
    ("given", "column", "words"),
    [
        ({"debtor_no": "", "phone": "1"}, "debtor_no", "must not be empty"),
        ({"debtor_no": "9" * 129}, "debtor_no", "longer than 128"),
        ({"debtor_no": "1\u200b0"}, "debtor_no", "control character"),
        ({"debtor_name": "Mu\x00ster"}, "debtor_name", "control character"),
        ({"debtor_name": "M" * 10_001}, "debtor_name", "longer than 10000"),
        ({"country": "XX"}, "country", "no ISO country code"),
        ({"time_zone": "Mars/North"}, "time_zone", "no time zone"),
        ({"person_type": "firm"}, "person_type", "private, business"),
        ({"potential_class": "V"}, "potential_class", "I, II, III, IV"),
        ({"credit_limit": "1.000,00"}, "credit_limit", "no amount"),
        ({"dunning_block": "perhaps"}, "dunning_block", "neither yes, no nor a date"),
        ({"dunning_block": "2026-02-31"}, "dunning_block", "neither yes, no nor a date"),
        ({"person_phone": "0221 1234567"}, "person_name", "needs a name or a role"),
        ({"person_name": "Eva", "person_hours": "whenever"}, "person_hours", "no weekday"),
    ],
)
def test_a_bad_cell_rejects_the_row_with_column_value_and_reason(given: dict[str, str], column: str, words: str) -> None:
    row = refused(**given)
    assert (row.line, row.column, row.original) == (7, column, "the line")
    assert words in row.reason


def test_a_bad_row_names_its_debtor_only_where_the_number_can_be_trusted() -> None:
    assert refused(country="XX", company="A", debtor_name="Kontor")[5:] == ("A", "10", "", "Kontor")
    assert refused(debtor_no="1\x000", debtor_name="Kontor")[5:] == ("", "", "", "")
    assert refused(debtor_no="", country="XX")[5:] == ("", "", "", "")


def test_line_breaks_in_a_text_become_a_space_and_a_row_that_says_nothing_is_none() -> None:
    assert check(debtor_name="Kontor\n GmbH")["debtor_name"] == "Kontor  GmbH"
    assert MasterReader("en").check(2, ["", " "] + [""] * (len(MASTER_COLUMNS) - 2), "") is None


def test_only_a_column_that_the_file_has_can_be_blank() -> None:
    reader = MasterReader("en")
    reader.columns = frozenset({"debtor_no", "email", "dunning_block", "person_name"})
    cells = check(reader)
    assert [name for name, value in cells.items() if value == EMPTIED] == ["email", "dunning_block"]


def rows(*said: dict[str, str], columns: frozenset[str] = frozenset()) -> list[tuple[int, tuple[str, ...]]]:
    reader = MasterReader("en")
    reader.columns = columns
    return [(line, tuple(check(reader, **one).values())) for line, one in enumerate(said, 2)]


def gather(checked: list[tuple[int, tuple[str, ...]]]) -> list[MasterSaid]:
    gathering = Gathering()
    for _, row in checked:
        gathering.add(row)
    return [gathering.said(key) for key in gathering.debtors()]


def test_rows_of_one_debtor_become_one_and_the_first_that_says_something_wins() -> None:
    said = gather(
        rows(
            {"email": "", "person_name": "Eva", "person_phone": "1"},
            {"email": "a@x", "phone": "1", "person_name": "Ben"},
            {"email": "b@x", "person_name": "Eva", "person_phone": "2"},
            {"debtor_no": "11", "company": "B"},
            columns=frozenset({"email"}),
        )
    )
    assert [(one.company, one.debtor_no, one.rows) for one in said] == [("", "10", 3), ("B", "11", 1)]
    assert said[0].fields == {"email": "a@x", "phone": "1"}
    assert [(p.name, p.phone) for p in said[0].persons] == [("Eva", "1"), ("Ben", "")]
    assert said[1].fields == {"email": ""}


def test_blank_cells_take_away_only_in_a_snapshot() -> None:
    known: dict[str, str | None] = {"email": "a@x", "phone": "1", "dunning_block": "2026-12-31"}
    said = {"email": "", "phone": "2", "dunning_block": "no"}
    now = merged(known, said, mode="delta")
    assert (now["email"], now["phone"], now["dunning_block"], now["region"]) == ("a@x", "2", "", None)
    assert merged(known, said, mode="snapshot")["email"] == ""
    assert merged(known, {}, mode="snapshot") == merged(known, {}, mode="delta")


def test_a_snapshot_that_names_persons_names_all_of_them() -> None:
    eva, ben = ContactPerson(person_no="1", name="Eva"), ContactPerson(person_no="2", name="Ben")
    new = ContactPerson(person_no="1", name="Eva Weber")
    assert merged_persons([eva, ben], [new], mode="delta") == (new, ben)
    assert merged_persons([eva, ben], [new], mode="snapshot") == (new,)
    assert merged_persons([eva, ben], [], mode="snapshot") == (eva, ben)


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=3)), st.sampled_from(["delta", "snapshot"]))
def test_the_same_file_again_changes_nothing(said: dict[str, str], mode: str) -> None:
    once = merged({}, said, mode=mode)
    assert merged(once, said, mode=mode) == once
