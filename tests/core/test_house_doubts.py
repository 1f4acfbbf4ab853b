"""`check` across the files: who has no ladder, which rules lean on what is not there, and hours that leave nobody to call."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from collectord.core.house import Company, House
from collectord.core.house_doubts import Staff, house_doubts
from collectord.edge.rules_files import load_rules
from collectord.edge.shipped import shipped_directory

LADDER = """
[[ladder.{name}.level]]
name = "call"
after_due = "3d"
medium = "call"
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    shutil.copytree(shipped_directory("rules"), tmp_path / "rules")
    return tmp_path / "rules"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def warnings(rules: Path, words: str) -> list[str]:
    """The warnings that hold these words, without the directory."""
    return [told.removeprefix(f"{rules}/") for told in load_rules(rules).warnings if words in told]


def in_house(
    rules: Path, staff: Sequence[Staff] = (), *, codes: Sequence[str] = (), packs: tuple[str, ...] = ("auto", "house")
) -> list[str]:
    companies = {code: Company(code=code, name="M", caller_id="+493012345600") for code in codes}
    found = house_doubts(load_rules(rules), House(companies=companies, packs=packs), staff)
    return [f"{doubt.file} {doubt.path}: {doubt.sentence}" for doubt in found]


def test_the_shipped_rules_fit_together_and_into_a_usual_house(rules: Path) -> None:
    assert load_rules(rules).warnings == ()
    assert in_house(rules, [Staff(("senior",), "mon-fri 08:00-16:00"), Staff()], codes=[""]) == []


def test_a_company_that_is_not_there_is_told_with_those_that_are(rules: Path) -> None:
    text = "[ladder.firms]\ncompanies = ['2000']\n" + LADDER.format(name="firms")
    (rules / "ladders.toml").write_text(text, encoding="utf-8")
    told = "ladders.toml ladder.firms.companies: there is no [[company]] with code '2000' in collectord.toml; "
    assert f"{told}known are '1000'" in in_house(rules, codes=["", "1000"])
    assert f"{told}none has a code" in in_house(rules, codes=[""])


@pytest.mark.parametrize(("usual", "others"), [('longest = "100d"', "up to 100d"), ("", "without a limit"), ('longest = "90d"', None)])
def test_a_skill_that_may_agree_less_time_than_all_others_is_doubted(rules: Path, usual: str, others: str | None) -> None:
    change(rules / "dispositions.toml", 'longest = "30d" ', f"{usual} ")
    told = f"longest: agents with the skill senior may agree up to 90d without a lead, all others {others}"
    assert [told in warning for warning in warnings(rules, "promise_limits.skill.senior.longest")] == ([True] if others else [])


def test_debtors_without_a_ladder_are_named_by_kind_and_class(rules: Path) -> None:
    text = "[ladder.firms]\nperson_types = ['business']\n" + LADDER.format(name="firms")
    (rules / "ladders.toml").write_text(text, encoding="utf-8")
    (told,) = warnings(rules, "no ladder is for")
    assert "no ladder is for private debtors and debtors of unknown kind: nobody ever contacts them" in told
    text += "\n[ladder.key]\npotential_classes = ['I', 'II', 'III']\n" + LADDER.format(name="key")
    (rules / "ladders.toml").write_text(text, encoding="utf-8")
    (told,) = warnings(rules, "no ladder is for")
    assert "private debtors (class IV, without a class) and debtors of unknown kind (class IV, without a class)" in told


def test_debtors_of_a_company_without_a_ladder_are_found(rules: Path) -> None:
    one = "[ladder.one]\ncompanies = ['1000']\n" + LADDER.format(name="one")
    two = "\n[ladder.two]\ncompanies = ['2000']\npotential_classes = ['I']\n" + LADDER.format(name="two")
    (rules / "ladders.toml").write_text(one + two, encoding="utf-8")
    (told,) = warnings(rules, "no ladder is for")
    assert "class II, III, IV, without a class" in told


def test_a_ladder_that_strategies_take_everybody_away_from_is_named(rules: Path) -> None:
    (rules / "ladders.toml").write_text(LADDER.format(name="usual") + LADDER.format(name="other"), encoding="utf-8")
    with pytest.raises(Exception, match="can never be used"):
        load_rules(rules)
    text = "[ladder.special]\npotential_classes = ['I']\n" + LADDER.format(name="special") + LADDER.format(name="usual")
    (rules / "ladders.toml").write_text(text, encoding="utf-8")
    assert warnings(rules, "nobody has this ladder") == []
    change(rules / "strategies.toml", 'potential_classes = ["I"]', 'potential_classes = ["I"]\nladder = "usual"')
    (told,) = warnings(rules, "nobody has this ladder")
    assert told.startswith("ladders.toml:1: ladder.special: ")


def test_cards_that_lean_on_what_other_files_do_not_have_are_named(rules: Path) -> None:
    change(rules / "dispositions.toml", "instalments = 3 ", "instalments = 1 ")
    change(rules / "dispositions.toml", "escalate_from = 2", "escalate_from = 1")
    change(rules / "objections.toml", 'legal_state = "insolvency"', 'legal_state = "moonstruck"')
    told = warnings(rules, "")
    assert len([one for one in told if one.startswith("objections.toml:") and "objection.cannot-pay.offer: " in one]) == 1
    assert len([one for one in told if one.startswith("objections.toml:") and "does not know 'moonstruck'" in one]) == 1
    assert len([one for one in told if one.startswith("dispositions.toml:") and "broken_promise.escalate_from: " in one]) == 1


@pytest.mark.parametrize("kinds", ["", 'person_types = ["private"]\n'])
def test_private_persons_habits_without_an_assessment_are_named(rules: Path, kinds: str) -> None:
    trigger = f'[[trigger]]\nname = "habit"\nlater_than_usual = "7d"\n{kinds}'
    (rules / "triggers.toml").write_text(trigger, encoding="utf-8")
    (told,) = in_house(rules)
    assert told.startswith("triggers.toml trigger.0.later_than_usual: contact.private_assessment in collectord.toml names no")
    assert list(house_doubts(load_rules(rules), House(private_assessment="DPIA 7"), ())) == []
    (rules / "triggers.toml").write_text(trigger + "enabled = false\n", encoding="utf-8")
    assert in_house(rules) == []


def test_a_skill_that_nobody_has_is_named(rules: Path) -> None:
    change(rules / "ladders.toml", '# skill = "senior"', 'skill = "senior"')
    (told,) = in_house(rules, [Staff(("english",))])
    assert told.startswith("ladders.toml ladder.standard.level.4.skill: no [[agent]]")
    assert in_house(rules, [Staff(("senior",))]) == []
    assert in_house(rules) == [], "nobody is configured yet"


def test_companies_that_are_not_configured_are_named(rules: Path) -> None:
    change(rules / "triggers.toml", 'name = "large sum overdue"', 'name = "large sum overdue"\ncompanies = ["1000"]')
    (rules / "debtors.toml").write_text('[[debtor]]\ncompany = "2000"\ndebtor_no = "7"\nnot_on = "fri"\n', encoding="utf-8")
    told = in_house(rules, codes=["3000"])
    assert [one.split(": ")[0] for one in told] == ["triggers.toml trigger.2.companies", "debtors.toml debtor.0.company"]
    assert "'1000'" in told[0]
    assert in_house(rules, codes=["1000", "2000"]) == []
    assert in_house(rules) == [], "no company is configured yet"


def test_hours_of_packs_agents_and_debtors_that_never_meet_are_named(rules: Path) -> None:
    night = '[hours]\nmon-fri = ["21:00-22:00"]\n'
    assert in_house(rules, [Staff((), "sat 18:00-20:00")]) != []
    (rules / "debtors.toml").write_text('[[debtor]]\ndebtor_no = "7"\nhours = "sun 09:00-12:00"\n', encoding="utf-8")
    assert any("debtor 7 can never be called" in one for one in in_house(rules, packs=("de",)))
    (rules / "debtors.toml").write_text('[[debtor]]\ndebtor_no = "7"\nnot_on = "mon-sat"\n', encoding="utf-8")
    assert any(one.startswith("debtors.toml debtor.0.not_on: ") for one in in_house(rules, packs=("de", "guard")))
    (rules / "packs" / "night.toml").write_text(f'title.en = "night"\ntitle.de = "Nacht"\n{night}', encoding="utf-8")
    told = in_house(rules, packs=("auto", "night"))
    assert any("nobody in DE can ever be called: de and night leave no hour" in one for one in told)
    assert any("countries that no other pack names" in one for one in told)


def test_without_a_pack_of_the_country_the_one_for_everywhere_is_meant(rules: Path) -> None:
    assert in_house(rules, [Staff()], packs=("house",)) == []
    assert any("in DE nobody is ever called" in one for one in in_house(rules, [Staff((), "sun 08:00-20:00")], packs=("house",)))
