"""The simulated PBX's table of behaviour, its number check and its menu's reckoning of days.

Owns the rules that need no socket. Invariant tested: the code's table is the table of docs/INTERNALS.md section 2.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from collectord.edge.simulated.menu import keyed_day
from collectord.edge.simulated.numbers import may_dial, read_list, shipped_list
from collectord.edge.simulated.wire import Reader, render, variables
from collectord.edge.simulated.world import AGENTS, DEAD_TRUNK, LINES, UNALLOCATED, UNKNOWN_TRUNK, Trunks, agent_of, line_of

INTERNALS = Path(__file__).parents[2] / "docs" / "INTERNALS.md"


def test_the_table_in_code_has_the_rows_of_the_table_in_internals() -> None:
    world = INTERNALS.read_text(encoding="utf-8").split("## 2.")[1]
    rows = re.findall(r"^\|\s*(\d\d)?\s*\|.*?\|\s*\|\s*(\d\d)\s*\|", world, flags=re.MULTILINE)
    assert {aa for aa, _ in rows if aa} == set(LINES)
    assert {bb for _, bb in rows} == set(AGENTS)


def test_the_last_four_digits_choose_line_and_agent() -> None:
    assert line_of("+493012342018", "trunk", Trunks()) is LINES["20"]
    assert agent_of("+493012342018") is AGENTS["18"]


def test_an_unknown_line_is_404_and_an_unknown_agent_accepts() -> None:
    assert line_of("+493012349900", "trunk", Trunks()) is UNALLOCATED
    assert agent_of("+493012341099") is AGENTS["00"]


def test_the_trunk_goes_before_the_line() -> None:
    assert line_of("+493012341000", "dead", Trunks()) is DEAD_TRUNK
    assert line_of("+493012341000", "nope", Trunks()) is UNKNOWN_TRUNK


@pytest.mark.parametrize("number", ["+493012341000", "+4989123410", "+4915123456789", "+4312341000"])
def test_ordinary_numbers_may_be_dialled(number: str) -> None:
    assert may_dial(number, read_list(shipped_list()))


@pytest.mark.parametrize(
    "number",
    [
        "110",
        "+49110",
        "+499001234567",
        "+491805123456",
        "+88213123456",
        "+4930123&PJSIP/202",
        "+49301",
        "+4930123410001234567",
        "",
        "004930123410",
    ],
)
def test_hostile_and_special_numbers_may_not(number: str) -> None:
    assert not may_dial(number, read_list(shipped_list()))


@pytest.mark.parametrize(
    ("keyed", "day"),
    [
        ("5", "20261126"),
        ("0", "20261121"),
        ("99", "20270228"),
        ("0112", "20261201"),
        ("2111", "20261121"),
        ("2011", ""),  # yesterday means next year, and that is too far
        ("0201", "20270102"),
        ("3102", ""),
        ("0000", ""),
    ],
)
def test_a_keyed_day_is_ddmm_or_a_number_of_days(keyed: str, day: str) -> None:
    assert keyed_day(keyed, date(2026, 11, 21)) == day


def test_requests_are_the_same_however_the_bytes_are_cut() -> None:
    data = "Action: Originate\r\nVariable: A=1\r\nVariable: B=ü\r\n\r\nAction: Ping\r\n\r\n".encode()
    whole = [request.headers for request in Reader().feed(data)]
    reader = Reader()
    bytewise = [request.headers for place in range(len(data)) for request in reader.feed(data[place : place + 1])]
    assert bytewise == whole
    assert len(whole) == 2


def test_an_overlong_line_spoils_its_message_and_no_other() -> None:
    data = b"Action: Ping\r\nX: " + b"x" * 3_000 + b"\r\n\r\nAction: Ping\r\n\r\n"
    reader = Reader()
    requests = [request for place in range(0, len(data), 100) for request in reader.feed(data[place : place + 100])]
    assert [request.too_long for request in requests] == [True, False]


def test_variables_are_split_at_commas_that_are_not_escaped() -> None:
    assert variables(["__COLL_ID=a1", "X=1\\,2,Y=3"]) == {"COLL_ID": "a1", "X": "1,2", "Y": "3"}


def test_a_line_break_in_a_value_never_becomes_a_header() -> None:
    assert render([("Event", "X"), ("Name", "a\r\nAction: b")]) == b"Event: X\r\nName: a Action: b\r\n\r\n"
