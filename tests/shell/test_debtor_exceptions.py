"""What a team lead does with strategies.toml and debtors.toml, with nothing but the comments in them: edit, check, explain."""

from __future__ import annotations

import re

from tests.shell.place import Place, row

FRIDAY = "2026-11-27T10:00:00+01:00"


def edit(place: Place, name: str, old: str, new: str) -> None:
    path = place.folder / "rules" / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def example(place: Place, about: str) -> str:
    """A commented example of debtors.toml with its hashes taken away, as its first lines say."""
    text = (place.folder / "rules" / "debtors.toml").read_text(encoding="utf-8")
    block = text.split(about, 1)[1].split("\n#\n")[0].splitlines()[1:]
    return "\n" + "\n".join(re.sub(r"^# ", "", line) for line in block) + "\n"


def append(place: Place, text: str) -> None:
    with (place.folder / "rules" / "debtors.toml").open("a", encoding="utf-8") as file:
        file.write(text)


def test_fridays_are_forbidden_for_one_debtor_by_uncommenting_the_example(place: Place) -> None:
    place.take(row(10023), row(10024))
    append(place, example(place, "# No calls on Fridays:"))
    checked = place.ask("check", now=None)
    assert checked["ok"] is True
    assert "debtors/hours" in checked["rules"]
    place.take(row(10023, open_amount="90.00"), row(10024), name="op_2026-11-26.csv", now=FRIDAY)
    closed = place.ask("explain", "10023", now=FRIDAY)
    assert [(one["rule"], one["not_before"]) for one in closed["refusals"]] == [("debtors/hours", "2026-11-28T00:00:00+01:00")]
    assert closed["not_before"] == "2026-11-28T09:00:00+01:00", "on Saturdays calls are allowed from nine"
    assert place.ask("explain", "10024", now=FRIDAY)["may_call"] is True


def test_the_saturation_of_class_i_is_raised_in_one_line(place: Place) -> None:
    place.take(row(1, potential_class="I"))
    before = place.ask("explain", "1")["strategy"]
    edit(place, "strategies.toml", "saturation = 8 ", "saturation = 11 ")
    assert place.ask("check", now=None)["ok"] is True
    after = place.ask("explain", "1")["strategy"]
    assert (before["name"], before["saturation"], after["saturation"]) == ("gentle", 8, 11)
    assert "Strategy gentle: strength 0 of 11 in 14 days." in place.run("explain", "1").out


def test_check_and_quality_name_a_debtor_whom_no_export_has_named(place: Place) -> None:
    text = '\n[[debtor]]\ndebtor_no = "0001"\nnot_on = "fri"\n[[debtor]]\ndebtor_no = "2"\nagent = "999"\n'
    append(place, text)
    file = place.folder / "rules" / "debtors.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    of_agent, of_number = (lines.index(line) + 1 for line in ('agent = "999"', 'debtor_no = "0001"'))
    nobody = f"{file}:{of_agent}: debtor[2].agent: agent = '999': there is no such [[agent]] in collectord.toml"
    unknown = f"{file}:{of_number}: debtor[1].debtor_no: no export has named debtor 0001 so far"
    before = place.ask("check", now=None)["warnings"]
    assert any(warning.startswith(nobody) for warning in before)
    assert not any("no export has named" in warning for warning in before), "there is no store yet that could know anybody"
    place.take(row(1), row(2))
    warnings = place.ask("check", now=None)["warnings"]
    assert [warning for warning in warnings if "no export has named" in warning] == [
        f"{unknown}; compare the number and its zeros in front with the export"
    ]
    holes = {hole["hole"]: hole for hole in place.ask("quality")["holes"]}
    assert (holes["unknown_exception"]["count"], holes["unknown_exception"]["examples"]) == (1, ["0001: rules/debtors.toml"])


def test_a_skill_that_nobody_has_is_a_warning_with_file_and_line(place: Place) -> None:
    edit(place, "strategies.toml", '# skill = "junior" ', 'skill = "junior" ')
    (warning,) = [one for one in place.ask("check", now=None)["warnings"] if "junior" in one]
    assert re.match(r".*strategies\.toml:[0-9]+: strategy\.lean\.skill: skill = 'junior': no \[\[agent\]\]", warning)


def test_a_number_with_a_zero_in_front_and_without_quotes_is_told_how_to_be_written(place: Place) -> None:
    append(place, "\n[[debtor]]\ndebtor_no = 0010023\n")
    answer = place.run("check", now=None)
    assert answer.status == 2
    assert "debtors.toml" in answer.err
    assert '0010023 begins with 0, so it must stand in quotes: "0010023"' in answer.err


def test_what_several_files_contradict_is_an_error_with_file_line_and_key(place: Place) -> None:
    edit(place, "strategies.toml", '# ladder = "short" ', 'ladder = "short" ')
    answer = place.run("check", now=None)
    assert answer.status == 2
    (problem,) = answer.sentences
    assert re.match(r".*strategies\.toml:[0-9]+: strategy\.lean\.ladder: ladder = 'short': there is no such ladder", problem)


def test_check_tells_of_unknown_names_beside_other_mistakes_and_each_warning_in_its_own_line(place: Place) -> None:
    place.take(row(2))
    append(place, '\n[[debtor]]\ndebtor_no = "0001"\nnot_on = "fri"\n[[debtor]]\ndebtor_no = "2"\nagent = "999"\n')
    warned = place.run("check", now=None)
    assert warned.status == 0
    assert [line for line in warned.out.splitlines() if "debtor[1].debtor_no" in line and "debtor[2].agent" in line] == []
    edit(place, "strategies.toml", '# skill = "junior" ', 'skill = "senoir" ')
    append(place, "gap = 3\n")
    answer = place.run("check", now=None)
    assert answer.status == 2
    problem, *beside = answer.sentences
    assert "debtor[2].gap: gap = 3 is not a duration" in problem
    assert [line.startswith("warning: ") for line in beside] == [True] * 3
    for words in ("skill = 'senoir': no [[agent]]", "agent = '999': there is no such [[agent]]", "no export has named debtor 0001 so far"):
        assert any(words in line for line in beside), words
