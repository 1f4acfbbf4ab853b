"""CONTRACT 4 and 5 by hand: what becomes of an export, where the file goes, and what its receipt says."""

from __future__ import annotations

import json

import pytest

from tests.shell.place import Place, row

KEYS = {
    "batch", "file", "stored_as", "source", "mode", "as_of", "status", "reason", "rows", "accepted", "rejected", "opened", "changed",
    "unchanged", "cleared", "reopened", "open_amount",
}  # fmt: skip
THIRTY = [row(no) for no in range(1, 31)]


def test_a_receipt_has_its_keys_in_the_answer_and_in_the_file(place: Place) -> None:
    receipt = place.take(*THIRTY)
    assert set(receipt) >= KEYS
    assert receipt["status"] == "accepted"
    assert receipt["reason"] is None
    assert receipt["source"] == "canonical"
    assert receipt["mode"] == "snapshot"
    assert receipt["as_of"] == "2026-11-22"
    assert receipt["open_amount"] == {"EUR": "3000.00"}
    assert receipt["stored_as"] == f"op_2026-11-22~{receipt['batch']}.csv"
    assert place.files("archive") == [receipt["stored_as"]]
    written = place.folder / "exchange" / "receipts" / f"op_2026-11-22~{receipt['batch']}.json"
    assert json.loads(written.read_text(encoding="utf-8")) == receipt
    assert (place.folder / "op_2026-11-22.csv").exists(), "import reads copies"


def test_a_second_snapshot_opens_changes_clears_and_reopens(place: Place) -> None:
    place.take(*THIRTY)
    changed = [row(1, open_amount="40.00"), *THIRTY[2:], row(99)]
    second = place.take(*changed, name="op_2026-11-23.csv")
    assert (second["opened"], second["changed"], second["cleared"], second["reopened"], second["unchanged"]) == (1, 1, 1, 0, 28)
    third = place.take(*THIRTY, name="op_20261124.csv", now="2026-11-24T10:00:00+01:00")
    assert (third["opened"], third["changed"], third["cleared"], third["reopened"]) == (0, 1, 1, 1)


def test_the_same_bytes_again_are_a_duplicate_and_end_in_the_archive(place: Place) -> None:
    place.take(*THIRTY)
    again = place.take(*THIRTY)
    assert again["status"] == "duplicate"
    assert again["unchanged"] == 30
    assert len(place.files("archive")) == 2
    assert place.run("import", place.folder / "op_2026-11-22.csv").status == 0


def test_a_duplicate_confirms_freshness_for_two_accounting_days_only(place: Place) -> None:
    place.take(*THIRTY, name="op.csv", now="2026-11-23T08:00:00+01:00")
    may_call = []
    for day in (24, 25, 26):
        assert place.take(*THIRTY, name="op.csv", now=f"2026-11-{day}T08:00:00+01:00")["status"] == "duplicate"
        may_call.append(place.explain(1, at=f"2026-11-{day}T10:00:00+01:00")["may_call"])
    assert may_call == [True, True, True]
    place.take(*THIRTY, name="op.csv", now="2026-11-27T08:00:00+01:00")
    assert place.rules(1, at="2026-11-27T10:00:00+01:00") == {"guard/stale-source"}


def test_an_older_as_of_is_stale_and_ends_in_rejected(place: Place) -> None:
    place.take(*THIRTY)
    stale = place.take(*THIRTY[:28], name="op_2026-11-20.csv")
    assert stale["status"] == "stale"
    assert place.files("rejected") == [stale["stored_as"]]
    answer = place.run("import", place.folder / "op_2026-11-20.csv")
    assert answer.status == 1
    assert answer.err.startswith("op_2026-11-20.csv: stale: ")
    assert len(place.ask("debtors")) == 30


def test_an_as_of_in_the_future_is_rejected(place: Place) -> None:
    assert place.take(*THIRTY, name="op_2026-11-24.csv")["status"] == "rejected"
    assert place.take(*THIRTY, name="op.csv", options=["--as-of", "2026-11-24"])["status"] == "rejected"


def test_as_of_comes_from_the_option_before_the_name_before_the_day_of_arrival(place: Place) -> None:
    assert place.take(row(1), name="a_2026-11-20.csv", options=["--as-of", "2026-11-19", "--source", "a"])["as_of"] == "2026-11-19"
    assert place.take(row(2), name="b_20261120.csv", options=["--source", "b"])["as_of"] == "2026-11-20"
    assert place.take(row(3), name="c.csv", options=["--source", "c"])["as_of"] == "2026-11-23"


def test_a_delta_changes_only_what_it_names_and_refreshes_nothing(place: Place) -> None:
    place.take(*THIRTY, name="op_2026-11-20.csv", now="2026-11-20T10:00:00+01:00")
    tuesday = "2026-11-24T10:00:00+01:00"
    by_name = place.take(row(1, open_amount="30.00"), name="neu.delta.csv", now=tuesday)
    assert (by_name["mode"], by_name["changed"], by_name["cleared"]) == ("delta", 1, 0)
    assert place.take(row(2, open_amount="30.00"), name="neu.csv", now=tuesday, options=["--mode", "delta"])["mode"] == "delta"
    assert len(place.ask("debtors", now=tuesday)) == 30
    assert place.rules(1, at=tuesday) == {"guard/stale-source"}


def test_what_is_missing_in_a_snapshot_is_cleared_in_its_own_source_only(place: Place) -> None:
    place.take(*THIRTY, name="a_2026-11-22.csv", options=["--source", "north"])
    place.take(row(77), row(78), name="b_2026-11-22.csv", options=["--source", "south"])
    gone = place.take(row(77), name="b_2026-11-23.csv", options=["--source", "south"])
    assert gone["cleared"] == 1
    assert place.explain(1)["open"] == {"EUR": "100.00"}


def test_a_bad_row_is_told_with_line_column_value_and_reason_and_the_good_ones_load(place: Place) -> None:
    place.take(*THIRTY)
    receipt = place.take(row(1, due_on="31.02.2026"), *THIRTY[1:], name="op_2026-11-23.csv")
    assert receipt["status"] == "accepted"
    assert receipt["cleared"] == 0, "a bad row suppresses its item's clearing"
    assert [(bad["line"], bad["column"], bad["value"]) for bad in receipt["rejected"]] == [(2, "due_on", "31.02.2026")]
    rejects = place.folder / "exchange" / "receipts" / f"op_2026-11-23~{receipt['batch']}.rejects.csv"
    header, line = rejects.read_text(encoding="utf-8-sig").splitlines()
    assert header == "line;column;value;reason;original"
    assert line.startswith("2;due_on;31.02.2026;")
    assert place.explain(1)["open"] == {"EUR": "100.00"}
    assert place.rules(1) == {"guard/rejected-row"}
    assert place.explain(2)["may_call"]


def test_a_debtor_known_from_a_bad_row_only_can_be_explained(place: Place) -> None:
    place.take(row(1, open_amount="1_000"), *THIRTY[1:])
    assert "guard/rejected-row" in place.rules(1)


@pytest.mark.parametrize(
    ("column", "value"),
    [("open_amount", "NaN"), ("open_amount", "1e9"), ("open_amount", "1.000,00"), ("open_amount", "9" * 30), ("due_on", "0001-01-01"),
     ("due_on", "20261109"), ("due_on", ""), ("debtor_name", "a\u202eb"), ("currency", "euro")],
)  # fmt: skip
def test_a_value_that_is_none_rejects_its_row(place: Place, column: str, value: str) -> None:
    receipt = place.take(row(1, **{column: value}), *THIRTY[1:])
    assert [bad["column"] for bad in receipt["rejected"]] == [column]


def test_two_rows_of_one_key_with_different_content_are_both_rejected(place: Place) -> None:
    twins = [row(no) for no in range(1, 2001)]
    receipt = place.take(*twins, row(1), row(2, open_amount="55.00"))
    assert sorted(bad["line"] for bad in receipt["rejected"]) == [3, 2003]
    assert receipt["unchanged"] == 1, "an exact duplicate line counts once"
    assert receipt["opened"] == 1999


def test_too_many_bad_rows_hold_the_batch(place: Place) -> None:
    receipt = place.take(row(1, due_on="soon"), row(2, due_on="soon"), *THIRTY[2:])
    assert receipt["status"] == "held"
    assert place.files("held") == [receipt["stored_as"]]
    assert place.ask("debtors") == []


def test_a_suspiciously_small_snapshot_is_held_and_its_debtors_are_not_called(place: Place) -> None:
    place.take(*THIRTY)
    held = place.take(*THIRTY[:15], name="op_2026-11-23.csv")
    assert held["status"] == "held"
    assert place.rules(1) == place.rules(20) == {"guard/held-source"}
    assert place.ask("status")["held"] == 1
    assert [batch["batch"] for batch in place.ask("batches", "--state", "held")] == [held["batch"]]


def test_an_accepted_batch_takes_effect_and_a_rejected_one_never_does(place: Place) -> None:
    place.take(*THIRTY)
    first = place.take(*THIRTY[:15], name="op_2026-11-23.csv")
    assert place.ask("reject", first["batch"])["status"] == "rejected"
    assert place.files("held") == []
    assert place.explain(20)["may_call"]
    second = place.take(*THIRTY[:14], name="op_2026-11-23.csv")
    assert place.ask("accept", second["batch"])["cleared"] == 16
    assert place.explain(20)["open"] == {}
    for command in ("accept", "reject"):
        assert place.run(command, second["batch"]).status == 1
        assert "nonsense" in place.run(command, "nonsense").err


def test_a_newer_accepted_batch_replaces_a_held_one(place: Place) -> None:
    place.take(*THIRTY)
    held = place.take(*THIRTY[:15], name="op_2026-11-23.csv")
    place.take(*THIRTY[1:], name="op_2026-11-23b.csv")
    assert [b["status"] for b in place.ask("batches") if b["batch"] == held["batch"]] == ["replaced"]
    assert place.explain(2)["may_call"]


def test_bytes_of_an_older_batch_are_held_unless_the_file_carries_a_newer_as_of(place: Place) -> None:
    place.take(*THIRTY, name="op_2026-11-20.csv")
    place.take(*THIRTY[1:], name="op_2026-11-21.csv")
    assert place.take(*THIRTY, name="op.csv")["status"] == "held"
    assert place.take(*THIRTY, name="op_2026-11-23.csv")["status"] == "accepted"


@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (b"", "rejected", "empty"),
        (b"debtor_no;debtor_name;item_no;due_on;open_amount\n", "held", "no row"),
        (b"debtor_no;debtor_name\n1;2\n", "rejected", "item_no, due_on, open_amount"),
        (b"debtor_no;debtor_no;debtor_name;item_no;due_on;open_amount\n", "rejected", "debtor_no"),
        (b"\x7fELF\x02\x01\x01\x00", "rejected", ""),
        (b"PK\x03\x04zip", "rejected", "unsupported"),
        (b"debtor_no;debtor_name;item_no;due_on;open_amount\n1;M\xfcller;2;2026-11-09;5.00\n", "rejected", "UTF-8"),
        (b'debtor_no;debtor_name;item_no;due_on;open_amount\n1;"open;2;2026-11-09;5.00\n', "rejected", ""),
    ],
    ids=["empty", "header only", "columns missing", "column twice", "a program", "zip", "latin-1", "open quote"],
)
def test_a_file_that_is_no_export_is_put_aside_with_its_reason(place: Place, content: bytes, status: str, sentence: str) -> None:
    path = place.folder / "op.csv"
    path.write_bytes(content)
    answer = place.run("import", path, "--json")
    assert answer.status == 1
    receipt = answer.doc[0]
    assert receipt["status"] == status
    assert sentence in receipt["reason"]
    assert place.files(status) == [receipt["stored_as"]]
    assert answer.sentences == [f"op.csv: {status}: {receipt['reason']}"]


def test_a_file_that_does_not_exist_or_is_a_folder_is_one_sentence(place: Place) -> None:
    answer = place.run("import", place.folder / "nix.csv", place.folder, "--json")
    assert answer.status == 1
    assert answer.doc == []
    assert answer.sentences == [
        f"{place.folder}/nix.csv: No such file or directory; nothing was read",
        f"{place.folder}: is not a regular file; nothing was read",
    ]


def test_batches_are_listed_like_receipts_newest_first(place: Place) -> None:
    place.take(*THIRTY)
    place.take(*THIRTY[1:], name="op_2026-11-23.csv")
    listed = place.ask("batches")
    assert [batch["file"] for batch in listed] == ["op_2026-11-23.csv", "op_2026-11-22.csv"]
    assert set(listed[0]) >= (KEYS - {"rejected"}) | {"received_at", "decided_at"}
    assert place.ask("batches", now="2026-11-22T10:00:00+01:00") == [], "what came after --now is invisible"


def test_credits_net_within_company_and_currency_and_currencies_are_never_added(place: Place) -> None:
    place.take(
        row(1), row(1, item_no="C", open_amount="-30.00"), row(1, item_no="U", open_amount="50.00", currency="USD"),
        row(2), row(2, item_no="C", open_amount="-130.00"),
    )  # fmt: skip
    one, two = place.explain(1), place.explain(2)
    assert one["open"] == one["overdue"] == {"EUR": "70.00", "USD": "50.00"}
    assert one["may_call"]
    assert two["open"] == {"EUR": "-30.00"}
    assert two["overdue"] == {"EUR": "0.00"}
    assert {refusal["rule"] for refusal in two["refusals"]} == {"guard/nothing-owed"}


def test_keys_are_text_and_leading_zeros_stay(place: Place) -> None:
    place.take(row("007", item_no="000123"))
    assert place.ask("debtors")[0]["debtor_no"] == "007"
    place.run("plan")
    assert place.ask("tasks")[0]["items"] == ["000123"]
    assert place.run("explain", "7").status == 1


def test_columns_stand_in_any_order_with_comma_and_bom(place: Place) -> None:
    path = place.folder / "op_2026-11-22.csv"
    path.write_text("\ufeffopen_amount,extra,item_no,debtor_no,due_on,debtor_name\n5.00,?,A,1,2026-11-09,Muster\n", encoding="utf-8")
    assert place.run("import", path, "--json").doc[0]["open_amount"] == {"EUR": "5.00"}


def test_nothing_is_lost_between_the_folders(place: Place) -> None:
    place.take(*THIRTY)
    place.take(*THIRTY)
    place.take(*THIRTY[:10], name="op_2026-11-23.csv")
    place.take(row(1), name="op_2026-11-01.csv")
    folders = ("inbox", "processing", "archive", "held", "rejected")
    assert [len(place.files(folder)) for folder in folders] == [0, 0, 2, 1, 1]
    assert len(place.files("receipts")) == 4


def test_a_folder_that_is_gone_is_named_and_not_the_copy_that_could_not_be_made_there(place: Place) -> None:
    export = place.export("op_2026-11-20.csv", [row(1)])
    (place.folder / "exchange" / "processing").rmdir()
    answer = place.run("import", export)
    assert answer.status == 1
    assert answer.sentences == [
        f"{place.folder / 'exchange' / 'processing'}: No such file or directory; nothing was read;"
        " make this folder writable, `collectord doctor` looks at all of them"
    ]
