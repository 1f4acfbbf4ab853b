"""Files for accounting: never half, never twice, never a formula."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectord.edge.outbox import COLUMNS, OutboxUnwritable, file_name, is_taken, publish, render, stage


def test_the_name_is_in_the_houses_time() -> None:
    assert file_name("outcomes", datetime(2026, 11, 23, 9, 15, 0, tzinfo=UTC), "Europe/Berlin") == "outcomes-20261123-101500.csv"


def test_a_file_appears_under_its_name_only_when_it_is_published(tmp_path: Path) -> None:
    stage(tmp_path, "outcomes-1.csv", b"whole")
    assert not (tmp_path / "outcomes-1.csv").exists()
    assert is_taken(tmp_path, "outcomes-1.csv")
    assert publish(tmp_path, "outcomes-1.csv")
    assert (tmp_path / "outcomes-1.csv").read_bytes() == b"whole"
    assert not publish(tmp_path, "outcomes-1.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["outcomes-1.csv"]


def test_a_folder_that_is_gone_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutboxUnwritable, match="No such file or directory; check the exchange folder"):
        stage(tmp_path / "gone", "outcomes-1.csv", b"x")


def test_a_name_that_became_a_folder_is_said_in_one_sentence(tmp_path: Path) -> None:
    stage(tmp_path, "outcomes-1.csv", b"x")
    (tmp_path / "outcomes-1.csv").mkdir()
    with pytest.raises(OutboxUnwritable, match="check the exchange folder"):
        publish(tmp_path, "outcomes-1.csv")


@pytest.mark.parametrize("text", ["=1+1", "+49", "-2", "@SUM(A1)", "\t=1", "＝1"])
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    line = render([{"note": text}]).decode("utf-8-sig").splitlines()[1]
    assert line.split(";")[COLUMNS.index("note")].startswith("'")


def test_separators_quotes_and_line_ends_stay_within_their_cell() -> None:
    lines = render([{"note": 'a;b"c\r\nd', "debtor_name": "Müller"}]).decode("utf-8-sig").split("\r\n")
    assert len(lines) == 3
    assert '"a;b""c  d"' in lines[1]
    assert "Müller" in lines[1]
