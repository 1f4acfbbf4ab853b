"""What the records of a snapshot looked like is kept whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectord.edge import line_hashes
from collectord.edge.line_hashes import Recorder, load


def kept(path: Path, numbers: range, portion: int = 7) -> Path:
    recorder = Recorder(path)
    for at in range(numbers.start, numbers.stop, portion):
        some = range(at, min(at + portion, numbers.stop))
        recorder.add(list(some), [f"k{n}" for n in some])
    recorder.keep({"batch": "B"})
    return path


@pytest.mark.parametrize("part", [1, 10, 1 << 20])
@pytest.mark.parametrize("records", [0, 1, 2, 50])
def test_the_parts_are_what_was_recorded_however_large_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: int, part: int
) -> None:  # fmt: skip
    monkeypatch.setattr(line_hashes, "PART", part)
    lines = load(kept(tmp_path / "lines", range(records)))
    assert lines is not None
    found = [(one, key.decode()) for hashes, keys in lines.parts() for one, key in zip(hashes, keys, strict=True)]
    assert (found, lines.head["batch"]) == ([(n, f"k{n}") for n in range(records)], "B")


def test_two_halves_taken_over_are_the_whole(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "whole")
    for name, numbers in (("one", range(20)), ("empty", range(0)), ("two", range(20, 45))):
        recorder.take_over(kept(tmp_path / name, numbers))
    recorder.keep({})
    assert (tmp_path / "whole").read_bytes() == kept(tmp_path / "same", range(45)).read_bytes().replace(b'"batch": "B", ', b"")


def test_without_one_half_nothing_is_kept_and_neither_of_a_file_with_too_many_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    recorder = Recorder(tmp_path / "whole")
    recorder.take_over(kept(tmp_path / "one", range(20)))
    recorder.take_over(tmp_path / "missing")
    recorder.keep({})
    monkeypatch.setattr(line_hashes, "MOST", 10)
    kept(tmp_path / "many", range(12))
    assert list(tmp_path.iterdir()) == []
