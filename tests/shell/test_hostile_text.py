"""Outside text is hostile: nothing from an export acts on a terminal, in a spreadsheet or in SQL (DESIGN 4.9, FAULTS A15, A28, F5, F6)."""

from __future__ import annotations

import csv
import io

import pytest

from tests.shell.place import Place, row

COMMANDS = (["debtors"], ["tasks"], ["call-list"], ["explain", "1"], ["batches"], ["quality"], ["plan"], ["status"], ["disputes"])
HARMLESS = "[red]evil[/red] [link=file:///etc/passwd]x[/link] ${SHELL(id)} `id` ';DROP TABLE debtor;--"


def shown(place: Place) -> str:
    return "".join(place.run(*command).out for command in COMMANDS)


def test_markup_in_a_name_is_shown_as_it_is(place: Place) -> None:
    place.take(row(1, debtor_name=HARMLESS.replace(";", ",")))
    assert place.ask("debtors")[0]["debtor_name"] == HARMLESS.replace(";", ",")
    assert "[red]evil[/red]" in place.run("debtors", env={"COLUMNS": "400"}).out
    assert "\x1b" not in shown(place)


@pytest.mark.parametrize("bad", ["\x1b[31m", "\x1b]0;title\x07", "\u202e", "\u2066", "\u2028", "\x00", "\x7f", "\x9b31m"])
def test_control_and_bidirectional_characters_never_reach_the_terminal(place: Place, bad: str) -> None:
    place.take(row(1), *[row(no) for no in range(3, 40)], row(2, debtor_name=f"a{bad}b", item_no=f"R{bad}"))
    place.run("record", 1, "--dispute", f"R1:text {bad} text")
    place.run("record", 1, "--note", bad)
    answers = [
        place.run(*command) for command in (*COMMANDS, ["explain", bad], ["explain", "2"], ["tasks", "--debtor", bad], ["accept", bad])
    ]
    for answer in answers:
        for text in (answer.out, answer.err):
            assert bad not in text
            assert all(line.isprintable() for line in text.split("\n"))


def test_names_of_files_are_shown_without_what_acts_on_a_terminal(place: Place) -> None:
    path = place.folder / "a\x1b[31mb\u202e.csv"
    path.write_text("x\n", encoding="utf-8")
    answer = place.run("import", path, place.folder / "nix\x1b[0m.csv")
    assert answer.status == 1
    assert all(line.isprintable() for line in (answer.out + answer.err).split("\n"))


@pytest.mark.parametrize("formula", ["=cmd|'/c calc'!A1", "@SUM(A1)", "+1", "-1+2", "|calc", "%0A"])
def test_a_cell_that_a_spreadsheet_would_run_is_prefixed(place: Place, formula: str) -> None:
    place.take(row(1, debtor_name=formula))
    assert place.ask("debtors")[0]["debtor_name"] == formula, "stored verbatim"
    (listed,) = csv.DictReader(io.StringIO(place.run("call-list", "--csv").out), delimiter=";")
    assert listed["debtor_name"] == f"'{formula}"
    place.ask("record", 1, "--dispute", f"R1:{formula}")
    with open(place.ask("export")["file"], encoding="utf-8-sig", newline="") as file:
        (line,) = csv.DictReader(file, delimiter=";")
    assert (line["debtor_name"], line["dispute_reason"]) == (f"'{formula}", f"'{formula}")


def test_a_name_of_two_thousand_characters_breaks_no_screen(place: Place) -> None:
    place.take(row(1, debtor_name="A" * 2000))
    for command in COMMANDS:
        answer = place.run(*command, env={"COLUMNS": "80"})
        assert answer.status == 0
        assert max(map(len, answer.out.splitlines())) <= 80
    assert len(shown(place)) < 20_000


def test_sql_in_keys_and_arguments_is_text(place: Place) -> None:
    evil = "1'; drop table debtor; --"
    place.take(row(1, debtor_no=evil.replace(";", ","), item_no="' or 1=1"))
    assert place.explain(evil.replace(";", ","))["may_call"]
    assert place.run("tasks", "--state", "' or '1'='1").status == 2
    assert place.ask("disputes", "--state", "' or '1'='1") == []
    assert len(place.ask("debtors")) == 1


@pytest.mark.parametrize(
    "number", ["110", "112", "0900 1234567", "+49900123456", "+4930123&PJSIP/202", "${SHELL(id)}", "+882161234567", "1" * 2000]
)
def test_a_hostile_number_is_never_dialable(place: Place, number: str) -> None:
    place.take(row(1, phone=number), *[row(no) for no in range(2, 40)])
    assert place.ask("debtors", "--debtor", 1)[0]["numbers"] == []
    assert not place.explain(1)["may_call"]
