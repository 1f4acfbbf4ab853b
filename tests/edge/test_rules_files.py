"""Rule files: all problems at once, each with file, line and key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from collectord.core.house import House
from collectord.core.receivables.strategy_doubts import Doubt, doubts_about_agents
from collectord.core.toml_lines import KeyLines
from collectord.edge.rules_files import RulesInvalid, described, load_rules, located
from collectord.edge.shipped import NAMES, ShippedMissing, shipped_directory


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    directory = tmp_path / "rules"
    shutil.copytree(shipped_directory("rules"), directory)
    return directory


def problems(directory: Path) -> list[str]:
    with pytest.raises(RulesInvalid) as caught:
        load_rules(directory)
    assert all(str(problem.file).startswith(str(directory)) for problem in caught.value.problems)
    return [str(problem).removeprefix(f"{directory}/") for problem in caught.value.problems]


def change(file: Path, old: str, new: str) -> int:
    """Replaces one text and tells its line."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_shipped_rules_have_no_problem_and_no_warning() -> None:
    loaded = load_rules(shipped_directory("rules"))
    assert {"de", "at", "ch", "uk", "us-regf", "house"} <= set(loaded.packs)
    told = described(loaded, House())
    assert told["warnings"] == []
    assert {"guard/do-not-call", "de/hours", "house/3-in-7", "us-regf/7-in-7"} <= set(told["rules"])
    assert len(set(told["rules"])) == len(told["rules"])


@pytest.mark.parametrize("name", NAMES)
def test_shipped_files_are_found(name: str) -> None:
    assert shipped_directory(name).is_dir()


def test_a_file_that_does_not_travel_with_the_program_is_not_found() -> None:
    with pytest.raises(ShippedMissing):
        shipped_directory("tests")


def test_ten_mistakes_in_one_file_are_ten_sentences_with_their_lines(rules: Path) -> None:
    pack = rules / "packs" / "wrong.toml"
    pack.write_text(
        """\
title.de = "Falsch"
title.en = 7
countries = ["DE", "Atlantis"]
public_holidays = "sometimes"
ring_at_least = "40s"
ring_at_most = "15s"
colour = "red"

[hours]
mon-fri = ["08:00-20:00", "21:00"]
someday = ["25:00-26:00"]

[[limit]]
id = "a"
scope = "galaxy"
max = 0
per = "soon"

[[limit]]
id = "a"
scope = "debtor"
counts = ["answered", "shrugged"]
max = "three"
per = "7d"
""",
        encoding="utf-8",
    )
    found = problems(rules)
    assert [(int(text.split(":")[1]), text.split(": ")[1]) for text in found] == [
        (1, "two rules of this pack have the id 'a'; reports could not tell them apart"),
        (2, "title.en"),
        (3, "countries"),
        (4, "public_holidays"),
        (6, "ring_at_most"),
        (7, "colour"),
        (10, "hours.mon-fri"),
        (11, "hours.someday"),
        (11, "hours.someday"),
        (15, "limit[1].scope"),
        (16, "limit[1].max"),
        (17, "limit[1].per"),
        (22, "limit[2].counts"),
        (23, "limit[2].max"),
    ]
    assert all(text.startswith("packs/wrong.toml:") for text in found)


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('id = "3-in-7"\n', 'id = "3 in 7"\n', "limit[3].id", "letters, digits and hyphens"),
        ('wait = "15m"', 'wait = "0m"', "retry[1].wait", "longer than nothing"),
        ('wait = "15m"', 'wait = "367d"', "retry[1].wait", "nobody remembers calls that long ago"),
        ('after = ["busy", "failed", "congestion", "unallocated", "not_in_service"]', "after = []", "retry[1].after", "can never fire"),
        ('drift = "45m"', 'drift = "-1m"', "other_part_of_day.drift", "never earlier"),
        ('drift = "45m"', "drift = 45", "other_part_of_day.drift", "not a duration"),
        (
            'parts = ["08:00-12:00", "12:00-16:00", "16:00-21:00"]',
            'parts = ["08:00-13:00", "12:00-16:00"]',
            "other_part_of_day.parts",
            "overlap",
        ),
        ('parts = ["08:00-12:00", "12:00-16:00", "16:00-21:00"]', 'parts = ["08:00-13:00"]', "other_part_of_day.parts", "at least two"),
        ('after = ["no_answer", "voicemail", "unknown"]', 'after = "sometimes"', "other_part_of_day.after", "contacts, dialled"),
        ("wishes = true", "wishes = 1", "wishes", "true or false"),
        ("ask_first = true", "ask_fist = true", "ask_fist", "not known here"),
    ],
)
def test_each_mistake_has_its_key_and_its_line(rules: Path, old: str, new: str, key: str, words: str) -> None:
    line = change(rules / "packs" / "house.toml", old, new)
    found = problems(rules)
    assert len(found) == 1
    assert found[0].startswith(f"packs/house.toml:{line}: {key}: ")
    assert words in found[0]


def test_a_quiet_time_of_no_days_and_hours_that_never_open_are_refused(rules: Path) -> None:
    pack = rules / "packs" / "odd.toml"
    pack.write_text(
        'title.de = "x"\ntitle.en = "x"\n[hours]\nsun = []\n[[quiet]]\nid = "q"\nscope = "debtor"\nfree_from = "0d"\n'
        '[[warn]]\nid = "w"\ncount = 1\nwithin = "5m"\n',
        encoding="utf-8",
    )
    found = problems(rules)
    assert [text.split(": ")[1] for text in found] == ["hours", "quiet[1].free_from", "warn[1].count"]


def test_a_pack_asks_for_no_time_that_cannot_be_looked_at_or_rung(rules: Path) -> None:
    pack = rules / "packs" / "odd.toml"
    pack.write_text(
        'title.de = "x"\ntitle.en = "x"\nring_at_least = "-5s"\n[[quiet]]\nid = "q"\nscope = "debtor"\nfree_from = "367d"\n'
        '[[warn]]\nid = "w"\ncount = 2\nwithin = "8d"\n',
        encoding="utf-8",
    )
    found = problems(rules)
    assert [text.split(": ", 1)[1] for text in found] == [
        "ring_at_least: ring_at_least is negative",
        "quiet[1].free_from: free_from is longer than 366d; to stop calls for good, record --do-not-call",
        "warn[1].within: within is longer than 7d; nobody remembers calls that long ago",
    ]


def test_broken_toml_is_said_with_its_line_beside_the_problems_of_other_files(rules: Path) -> None:
    line = change(rules / "packs" / "de.toml", "[hours]", "[hours")
    (rules / "ladders.toml").write_text("[[ladder.standard.level]\n", encoding="utf-8")
    found = problems(rules)
    assert any(text.startswith(f"packs/de.toml:{line}: this is no TOML") for text in found)
    assert any(text.startswith("ladders.toml:1: this is no TOML") for text in found)


def test_an_unclosed_text_at_the_end_of_a_file_is_said(rules: Path) -> None:
    (rules / "dispositions.toml").write_text('a = """\n', encoding="utf-8")
    assert any(text.startswith("dispositions.toml:") and "no TOML" in text for text in problems(rules))


def test_a_rules_directory_that_is_not_there_is_said_for_each_file(tmp_path: Path) -> None:
    found = problems(tmp_path / "rules")
    assert {text.split(":")[0] for text in found} == {"packs", "ladders.toml", "dispositions.toml"}


def test_files_that_cannot_be_read_are_said(rules: Path) -> None:
    (rules / "ladders.toml").write_bytes(b"\xff\xfe")
    (rules / "packs" / "big.toml").write_text("#" * 1_000_001, encoding="utf-8")
    (rules / "packs" / "folder.toml").mkdir()
    found = " ".join(problems(rules))
    assert "is not UTF-8 (byte 0)" in found
    assert "larger than 1000000 bytes" in found
    assert "folder.toml cannot be read" in found


def test_misspelt_file_names_are_not_silently_left_out(rules: Path) -> None:
    (rules / "ladder.toml").write_text("", encoding="utf-8")
    (rules / "packs" / "Über uns.toml").write_text('title.de = "x"\ntitle.en = "x"\n', encoding="utf-8")
    found = " ".join(problems(rules))
    assert "ladder.toml:1: this file is not known here" in found
    assert "use small letters" in found


def test_guard_and_auto_are_no_names_for_a_pack(rules: Path) -> None:
    (rules / "packs" / "guard.toml").write_text('title.de = "x"\ntitle.en = "x"\n', encoding="utf-8")
    assert "reserved name" in problems(rules)[0]


def test_a_folder_without_packs_or_without_one_for_all_countries_is_refused(rules: Path) -> None:
    change(rules / "packs" / "de.toml", 'countries = ["DE", "*"]', 'countries = ["DE"]')
    assert "no pack is for all other countries" in problems(rules)[0]
    for path in (rules / "packs").glob("*.toml"):
        path.unlink()
    assert "there is no pack" in problems(rules)[0]


def test_check_warns_of_packs_and_rules_that_can_never_refuse(rules: Path) -> None:
    (rules / "packs" / "idle.toml").write_text(
        """
title.de = "x"
title.en = "x"
[[limit]]
id = "loose"
scope = "debtor"
max = 5
per = "1d"
[[limit]]
id = "tight"
scope = "debtor"
counts = "dialled"
max = 2
per = "2d"
[[quiet]]
id = "short"
scope = "debtor"
free_from = "2d"
[[quiet]]
id = "long"
scope = "debtor"
free_from = "3d"
""",
        encoding="utf-8",
    )
    warnings = described(load_rules(rules), House(language="en", packs=("auto", "house", "nosuch")))["warnings"]
    assert len(warnings) == 4
    assert "no pack nosuch" in warnings[0]
    assert warnings[1:] == [
        "packs/idle.toml is never in force: contact.packs does not name it and it names no country.",
        "packs/idle.toml: the rule loose can never refuse before tight does.",
        "packs/idle.toml: the rule short can never refuse before long does.",
    ]


def test_two_equal_rules_are_warned_of_once(rules: Path) -> None:
    limit = '[[limit]]\nid = "{}"\nscope = "debtor"\nmax = 5\nper = "1d"\n'
    text = 'title.de = "x"\ntitle.en = "x"\n' + limit.format("one") + limit.format("two")
    (rules / "packs" / "twice.toml").write_text(text, encoding="utf-8")
    warnings = described(load_rules(rules), House(language="en", packs=("auto", "twice", "house")))["warnings"]
    assert warnings == ["packs/twice.toml: the rule two can never refuse before one does."]


def test_lines_of_keys_are_found_in_any_form_of_toml() -> None:
    lines = KeyLines(
        '''a.b = 1
"quoted key" = [
  "x", # ]
  'y',
]
text = """
c = 3
"""
[one.two] # comment
d = { e = 1, f = [ 2 ] }
[[list]]
k = 1
[list.inner]
m = 1
[[list]]
k = 2
[[list.deep]]
z = "#"
open = [
'''
    )
    expected = {
        "a.b": 1, "a": 1, "quoted key": 2, "text": 6, "one.two": 9, "one.two.d": 10, "one.two.d.e": 10, "list.0": 11, "list.0.k": 12,
        "list.0.inner.m": 14, "list.1": 15, "list.1.k": 16, "list.1.deep.0.z": 18, "list.1.deep.0.open": 19, "c": 1, "nowhere": 1,
    }  # fmt: skip
    assert {path: lines.line(path) for path in expected} == expected


HOUSE_PROFILE = 'title.en = "House"\ntitle.de = "Haus"\nextends = "datev-opos"\nnames = ["haus*.csv"]\n'


def test_the_shipped_source_profiles_are_read_and_canonical_is_always_there(rules: Path) -> None:
    sources = load_rules(rules).sources
    assert {"canonical", "generic", "datev-opos", "datev-extf-bookings", "sap-fbl5n"} <= set(sources)
    assert sources["datev-opos-all"].columns["debtor_no"] == sources["datev-opos"].columns["debtor_no"]
    assert sources["datev-opos-all"].rows.same_item == "sum"
    shutil.rmtree(rules / "sources")
    assert list(load_rules(rules).sources) == ["canonical"]


def test_a_house_profile_stands_on_a_shipped_one(rules: Path) -> None:
    file = rules / "sources" / "house.toml"
    file.write_text(HOUSE_PROFILE + '[columns]\nphone = "Durchwahl"\n', encoding="utf-8")
    loaded = load_rules(rules)
    house = loaded.sources["house"]
    assert (house.names, house.columns["phone"].names) == (("haus*.csv",), ("Durchwahl",))
    assert house.columns["debtor_no"] == loaded.sources["datev-opos"].columns["debtor_no"]
    assert {"name": "house", "title": "Haus", "kind": "open_items", "names": ["haus*.csv"]} in described(loaded, House(language="de"))[
        "sources"
    ]


def test_each_mistake_in_a_source_profile_has_its_key_and_its_line(rules: Path) -> None:
    (rules / "sources" / "wrong.toml").write_text(
        """\
title.en = "wrong"
title.de = "falsch"
delimiter = "tabulator"
dates = ["dd/mm/yyyy", "mm/dd/yyyy"]

[columns]
debtor_no = "No"
debtor_name = { column = "Name", colour = "red" }
open_amount = { column = "Open", sign = "S/H" }
colour = "Colour"

[[leave_out]]
why = "draft"

[[leave_out]]
why = "total"
column = "*"
""",
        encoding="utf-8",
    )
    found = problems(rules)
    assert [(int(text.split(":")[1]), text.split(": ")[1]) for text in found] == [
        (3, "delimiter"),
        (4, "dates"),
        (6, "columns"),
        (6, "columns"),
        (8, "columns.debtor_name.colour"),
        (9, "columns.open_amount.sign"),
        (10, "columns.colour"),
        (12, "leave_out[1]"),
        (12, "leave_out[1].column"),
        (15, "leave_out[2]"),
    ]
    assert all(text.startswith("sources/wrong.toml:") for text in found)


@pytest.mark.parametrize(
    ("extends", "words"),
    [
        ('"atlantis"', "there is no profile 'atlantis' in sources/; known: "),
        ("7", "no profile 7"),
        ('"house"', "cannot extend itself"),
    ],
)
def test_a_profile_that_extends_nothing_or_itself_is_refused(rules: Path, extends: str, words: str) -> None:
    file = rules / "sources" / "house.toml"
    file.write_text(HOUSE_PROFILE.replace('"datev-opos"', extends), encoding="utf-8")
    (found,) = problems(rules)
    assert found.startswith("sources/house.toml:3: extends: ")
    assert words in found


def test_a_circle_of_profiles_is_refused_and_a_broken_base_is_said_once(rules: Path) -> None:
    sources = rules / "sources"
    (sources / "house.toml").write_text(HOUSE_PROFILE.replace("datev-opos", "b"), encoding="utf-8")
    (sources / "b.toml").write_text(HOUSE_PROFILE.replace("datev-opos", "house").replace("haus", "b"), encoding="utf-8")
    (sources / "c.toml").write_text(HOUSE_PROFILE.replace("datev-opos", "broken").replace("haus", "c"), encoding="utf-8")
    (sources / "broken.toml").write_text("title = [", encoding="utf-8")
    found = problems(rules)
    assert [text.split(":")[0] for text in found] == ["sources/b.toml", "sources/broken.toml", "sources/house.toml"]
    assert "cannot extend itself, not even through others" in found[0]
    assert "this is no TOML" in found[1]


def test_misnamed_and_unreadable_profiles_are_said(rules: Path) -> None:
    shutil.copy(rules / "sources" / "generic.toml", rules / "sources" / "My Export.toml")
    (found,) = problems(rules)
    assert "small letters, digits and hyphens" in found
    (rules / "sources" / "My Export.toml").unlink()
    shutil.rmtree(rules / "sources")
    (rules / "sources").write_text("not a folder", encoding="utf-8")
    assert any("cannot be read" in text for text in problems(rules))


def test_check_warns_of_two_profiles_that_one_file_fits(rules: Path) -> None:
    file = rules / "sources" / "house.toml"
    file.write_text(HOUSE_PROFILE.replace("haus*.csv", "opos-liste_*.csv"), encoding="utf-8")
    (warning,) = described(load_rules(rules), House(language="en"))["warnings"]
    assert warning.startswith("sources/datev-opos.toml and sources/house.toml both fit a file named opos-liste_1.csv")


def test_check_warns_of_a_source_that_opens_items_and_that_no_list_covers(rules: Path) -> None:
    (rules / "sources" / "shop.toml").write_text(
        'extends = "einvoice"\ntitle.en = "shop"\ntitle.de = "Laden"\nnames = ["shop*.xml"]\n', encoding="utf-8"
    )
    (warning,) = described(load_rules(rules), House(language="en"))["warnings"]
    assert warning.startswith("sources/shop.toml opens items and no list covers it: its debtors are never called.")
    (rules / "sources" / "house.toml").write_text(HOUSE_PROFILE + '\n[scope]\ncovers = ["einvoice", "shop"]\n', encoding="utf-8")
    loaded = load_rules(rules)
    assert described(loaded, House(language="de"))["warnings"] == []
    assert loaded.sources["house"].covers == ("einvoice", "shop")


def test_a_profile_that_names_no_or_a_wrong_other_profile_is_refused_with_key_and_line(rules: Path) -> None:
    file = rules / "sources" / "house.toml"
    file.write_text(f'also = "atlantis"\n{HOUSE_PROFILE}\n[scope]\ncovers = ["generic"]\n', encoding="utf-8")
    lines = file.read_text(encoding="utf-8").splitlines()
    found = problems(rules)
    assert [(int(text.split(":")[1]), text.split(": ")[1]) for text in found] == [
        (1, "also"),
        (lines.index('covers = ["generic"]') + 1, "scope.covers"),
    ]


def test_without_strategies_and_exceptions_every_frame_is_without_bounds(rules: Path) -> None:
    for name in ("strategies.toml", "debtors.toml"):
        (rules / name).unlink()
    loaded = load_rules(rules)
    assert loaded.frames.is_empty
    assert (described(loaded, House())["strategies"], described(loaded, House())["exceptions"]) == ([], 0)


def test_what_several_files_contradict_is_an_error_or_a_warning_at_its_line(rules: Path) -> None:
    gap = change(rules / "strategies.toml", 'potential_classes = ["IV"]', 'potential_classes = ["I"]')
    (twice,) = problems(rules)
    assert twice.startswith(f"strategies.toml:{gap}: strategy.lean.potential_classes: class I has a strategy already, gentle;")
    change(rules / "strategies.toml", 'potential_classes = ["II", "III", "none"]', 'potential_classes = ["II"]')
    change(rules / "strategies.toml", '[strategy.lean]\ntitle.en = "lean"\ntitle.de = "sparsam"\npotential_classes = ["I"]',
           '[strategy.lean]\ntitle.en = "lean"\ntitle.de = "sparsam"\npotential_classes = ["IV"]')  # fmt: skip
    line = change(rules / "strategies.toml", "saturation = 6 ", "saturation = 2 ")
    found = [warning.removeprefix(f"{rules}/") for warning in described(load_rules(rules), House())["warnings"]]
    first = (rules / "strategies.toml").read_text(encoding="utf-8").splitlines().index("[strategy.gentle]") + 1
    weak, left_out = (warning for warning in found if "strategy" in warning)
    assert weak.startswith(f"strategies.toml:{line}: strategy.lean.saturation: saturation = 2 is below the strength 3 of one call:")
    assert left_out.startswith(f"strategies.toml:{first}: strategy: no strategy is for class III and debtors without a class (none):")


@pytest.mark.parametrize(
    "deep",
    ["x = " + "[" * 3000, "x = " + "[" * 60 + "]" * 60, ".".join("a" * 5000) + " = 1", "x = " + "{a=" * 2000, "x = [" + "\n[" * 3000],
    ids=["open", "closed", "key", "table", "lines"],
)
def test_a_file_nested_beyond_all_use_is_one_sentence(rules: Path, deep: str) -> None:
    (rules / "debtors.toml").write_text(f'# "[" is text\ntext = "[["\n{deep}\n', encoding="utf-8")
    (problem,) = problems(rules)
    line = 3 + 38 * ("\n" in deep)
    assert problem == f"debtors.toml:{line}: this is no TOML: Lists or tables lie more than 40 deep in each other"


def test_depth_that_no_single_line_shows_is_said_at_the_first_line(rules: Path) -> None:
    key = ".".join("a" * 25)
    (rules / "debtors.toml").write_text(f"\n[{key}]\n{key} = 1\n", encoding="utf-8")
    (problem,) = problems(rules)
    assert problem.startswith("debtors.toml:1: this is no TOML: Lists or tables lie more than 40 deep")


def test_a_bare_number_with_zeros_in_front_is_told_to_stand_in_quotes(rules: Path) -> None:
    (rules / "debtors.toml").write_text("[[debtor]]\ndebtor_no = 0010 # of accounting\n", encoding="utf-8")
    (problem,) = problems(rules)
    assert problem.startswith("debtors.toml:2: this is no TOML:")
    assert problem.endswith('; 0010 begins with 0, so it must stand in quotes: "0010"')


def test_a_pack_cannot_be_called_as_the_file_of_exceptions_is(rules: Path) -> None:
    shutil.copy(rules / "packs" / "uk.toml", rules / "packs" / "debtors.toml")
    assert "packs/debtors.toml:1: debtors is a reserved name; give the pack another file name" in problems(rules)


MISNAMED = '\n[[debtor]]\ndebtor_no = "1"\nstrategy = "leen"\ngap = 3\n\n[[debtor]]\ndebtor_no = "2"\nagent = "999"\n'


def test_names_that_are_missing_elsewhere_are_told_beside_mistakes_in_other_keys(rules: Path) -> None:
    change(rules / "ladders.toml", 'script = "courtesy" ', 'script = "nice" ')
    change(rules / "ladders.toml", 'min_open = "1000.00" ', "min_open = 1000 ")
    with (rules / "debtors.toml").open("a", encoding="utf-8") as file:
        file.write(MISNAMED)
    found = problems(rules)
    assert [(text.split(":")[0], text.split(": ")[1]) for text in found] == [
        ("debtors.toml", "debtor[1].strategy"),
        ("debtors.toml", "debtor[1].gap"),
        ("ladders.toml", "ladder.standard.level[1].script"),
        ("ladders.toml", "ladder.standard.level[1].min_open"),
    ]


def test_a_name_is_not_looked_for_in_a_file_that_could_not_be_read(rules: Path) -> None:
    with (rules / "debtors.toml").open("a", encoding="utf-8") as file:
        file.write(MISNAMED)
    (rules / "strategies.toml").write_text("[strategy", encoding="utf-8")
    assert [text.split(": ")[1] for text in problems(rules)] == ["debtor[1].gap", "this is no TOML"]
    (rules / "dispositions.toml").write_text("[", encoding="utf-8")
    with pytest.raises(RulesInvalid) as caught:
        load_rules(rules)
    assert caught.value.partial is None


def test_a_text_that_could_not_be_read_is_not_called_missing(rules: Path) -> None:
    (rules / "scripts" / "de" / "courtesy.md").write_text("no head", encoding="utf-8")
    (rules / "scripts" / "en" / "courtesy.md").write_text("no head", encoding="utf-8")
    assert [text.split(":")[0] for text in problems(rules)] == ["scripts/de/courtesy.md", "scripts/en/courtesy.md"]


def test_names_that_the_house_lacks_are_told_where_rules_have_other_mistakes(rules: Path) -> None:
    change(rules / "ladders.toml", 'min_open = "1000.00" ', "min_open = 1000 ")
    with (rules / "debtors.toml").open("a", encoding="utf-8") as file:
        file.write(MISNAMED.replace('"leen"', '"lean"'))
    with pytest.raises(RulesInvalid) as caught:
        load_rules(rules)
    assert caught.value.partial is not None
    found = [*doubts_about_agents(caught.value.partial.frames, {"201": frozenset()})]
    found.append(Doubt("debtors.toml", "debtor.0.gap", "too short", is_error=False, looks_in="collectord.toml"))
    found.append(Doubt("debtors.toml", "debtor.1.agent", "not about a name", is_error=False))
    (told,) = located(rules, found, caught.value.problems)
    assert "debtors.toml:" in told
    assert "debtor[2].agent: agent = '999': there is no such [[agent]]" in told
