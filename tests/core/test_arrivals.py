"""When a file in the inbox is whole, and which one comes first."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.exports.arrivals import TEXTS, Lack, Seen, Waiting, export_order, lacks
from collectord.core.exports.source_profiles import Completeness

UNDECLARED, MARKED, SEALED = Completeness(), Completeness(marker=True), Completeness(checksum="sha256")
BOTH = Completeness(marker=True, checksum="sha256")


def seen(marks: str) -> Seen:
    """m marked, s sealed, f and it fits, q quiet, w being written"""
    return Seen(marked="m" in marks, sealed="s" in marks, seal_fits="f" in marks, quiet="q" in marks, being_written="w" in marks)


@pytest.mark.parametrize(
    ("marks", "complete", "lack"),
    [
        ("", UNDECLARED, "quiet"),
        ("q", UNDECLARED, None),
        ("qw", UNDECLARED, "writer"),
        ("m", UNDECLARED, None),
        ("mw", UNDECLARED, None),  # whoever sets the marker may still hold the file open
        ("sf", UNDECLARED, None),
        ("qs", UNDECLARED, "checksum_fits"),  # believed although nobody declared it
        ("ms", UNDECLARED, "checksum_fits"),
        ("q", MARKED, "marker"),
        ("m", MARKED, None),
        ("qsf", MARKED, "marker"),
        ("q", SEALED, "checksum"),
        ("m", SEALED, "checksum"),
        ("sf", SEALED, None),
        ("m", BOTH, "checksum"),
        ("sf", BOTH, "marker"),
        ("msf", BOTH, None),
    ],
)
def test_what_a_file_still_lacks(marks: str, complete: Completeness, lack: Lack | None) -> None:
    assert lacks(seen(marks), complete) == lack


@pytest.mark.parametrize("complete", [MARKED, SEALED, BOTH])
def test_for_all_files_of_a_source_that_declares_a_sign_quietness_is_not_enough(complete: Completeness) -> None:
    for flags in product([False, True], repeat=5):
        found = Seen(marked=flags[0], sealed=flags[1], seal_fits=flags[2], quiet=flags[3], being_written=flags[4])
        if lacks(found, complete) is None:
            assert found.marked or not complete.marker
            assert (found.sealed and found.seal_fits) or not complete.checksum


def test_the_day_in_the_name_goes_before_the_time_of_writing() -> None:
    today = date(2026, 11, 23).toordinal()
    files = [("op_2026-11-22.csv", 1), ("new.csv", 9), ("op_20261120.csv", 5), ("old.csv", 3), ("op_2026-11-23.csv", 4)]
    ordered = sorted(files, key=lambda file: export_order(file[0], file[1], today))
    assert [name for name, _ in ordered] == ["op_20261120.csv", "op_2026-11-22.csv", "old.csv", "op_2026-11-23.csv", "new.csv"]


@given(st.lists(st.tuples(st.text(max_size=20), st.integers(0, 2**62)), unique=True))
def test_for_all_names_the_order_is_total(files: list[tuple[str, int]]) -> None:
    keys = [export_order(name, mtime, 700_000) for name, mtime in files]
    assert len(set(keys)) == len(files)


@pytest.mark.parametrize("lack", sorted(TEXTS))
@pytest.mark.parametrize("language", ["de", "en"])
def test_each_reason_to_wait_names_file_and_hour(lack: Lack, language: str) -> None:
    waiting = Waiting(folder="sap", name="op.csv", lack=lack, since=datetime(2026, 11, 23, 8, tzinfo=UTC), why="Permission denied")
    sentence = waiting.sentence(language, "Europe/Berlin")  # type: ignore[arg-type]
    assert "sap/op.csv" in sentence
    assert "09:00" in sentence
