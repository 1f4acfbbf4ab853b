"""What the commands about rules say on a terminal: in the reader's language, whole at any width, and what to do next."""

from __future__ import annotations

from tests.shell.place import Place


def unfolded(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


def switch_on(place: Place) -> None:
    file = place.folder / "rules" / "claims.toml"
    text = file.read_text(encoding="utf-8")
    assert text.count("enabled = false") == 1
    file.write_text(text.replace("enabled = false", "enabled = true"), encoding="utf-8")


def test_check_warns_of_a_base_rate_that_is_missing_today_while_the_calculator_is_on(place: Place) -> None:
    late = "2027-01-04T10:00:00+01:00"
    assert place.ask("check", now=late)["warnings"] == []
    switch_on(place)
    assert place.ask("check")["warnings"] == []
    (warning,) = place.ask("check", now=late)["warnings"]
    assert warning.startswith(f"{place.folder}/rules/claims.toml:")
    assert "no base rate of DE covers today, Mon 4 Jan 2027, so no claim can be computed" in warning
    (warning,) = place.ask("check", now="2027-01-04T10:00:00")["warnings"]
    assert "Mon 4 Jan 2027" in warning
