"""Wrong configuration and rules: one sentence each with file (or variable), key and expected value; exit 2; never a traceback."""

from __future__ import annotations

import os

import pytest

from tests.shell.place import Place

SECOND_AGENT = '\n[[agent]]\nid = "201"\nname = "B"\npin = "4712"\nendpoint = "PJSIP/202"\n'


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("shrink_from = 20", "shrink_form = 20", "intake.shrink_form: this key is unknown"),
        ("max_export_age = 1", "max_export_age = 1.5", "max_export_age: 1.5 is wrong; expected a whole number"),
        ("sandbox = false", 'sandbox = "no"', "sandbox: 'no' is wrong; expected true or false"),
        ('language = "de"', 'language = "fr"', "language: 'fr' is wrong; expected 'de' or 'en'"),
        ('country = "DE"', 'country = "Germany"', "country: 'Germany' is wrong; expected two capital letters, like DE"),
        ('"Europe/Berlin"', '"Europe/Berln"', "time_zone = 'Europe/Berln' is unknown; expected a name like Europe/Berlin"),
        ('state_dir = "state"', "state_dir = 5", "state_dir: 5 is wrong; expected a path in quotes"),
        ('"+493012345600"', '"030 123"', "company[1] (Muster GmbH).caller_id: expected a full international number like +493012345600"),
        (
            '"+493012345600"',
            '"+499001234567"',
            "company[1] (Muster GmbH).caller_id: +499001234567 is a premium-rate number; debtors see it and call it back",
        ),
        ('"+493012345600"', '"+4911833"', "caller_id: +4911833 is no number of its country's numbering plan; debtors see it"),
        ('pin = "4711"', "pin = 4711", "agent[1] (Anna Beispiel).pin: 4711 is wrong; expected text in quotes"),
        (
            'hours = ""',
            'hours = "moin 08:00-13:00"',
            "agent[1] (Anna Beispiel).hours: 'moin' is no weekday; use mon tue wed thu fri sat sun",
        ),
        ('pin = "4711"', 'pin = "abcd"', "expected 4 to 12 digits in quotes"),
        ('"PJSIP/201" ', '"PJSIP/201&PJSIP/202" ', "endpoint: expected a phone as the PBX names it, like PJSIP/201"),
        ('"PJSIP/201" ', '"Local/201@from-internal" ', 'device: expected the phone behind Local/201@from-internal, like "PJSIP/201"'),
        (
            '# device = "PJSIP/201&Custom:DND201"',
            'device = "Custom:DND201"',
            'device: expected the phone first, like "PJSIP/201&Custom:DND201"',
        ),
        ('# device = "PJSIP/201&Custom:DND201"', 'device = "201"', "device: expected the phone as the PBX watches it, like PJSIP/201"),
        ('decide_within = "90s"', "decide_within = 90", "decide_within: expected a duration in quotes like 90s, 15m, 36h or 7d"),
        ('decide_within = "90s"', 'decide_within = "soon"', "'soon' is no duration"),
        ('mode = "preview"', 'mode = "predictive"', "dialling.lines = false, and mode = 'predictive' needs it"),
        (
            'mode = "preview"',
            'mode = "predictive"',
            "dialling.mode = 'predictive' needs recorded_name of company '': a recording of its name for whoever answers and finds nobody",
        ),
        ('breath = "3s"', 'breath = "11m"', "breath: expected 0s to 10m"),
        ('ring_debtor_for = "30s"', 'ring_debtor_for = "90s"', "ring_debtor_for: expected 15s to 40s"),
        ('shrink_items = "0.25"', "shrink_items = 0.25", 'shrink_items: expected a share in quotes, like "0.25"'),
        ('shrink_items = "0.25"', 'shrink_items = "much"', 'shrink_items: expected a share between "0" and "1"'),
        ("reserve = 2", "reserve = 30", "reserve = 30 leaves none of the 30 channels"),
        ("port = 5038", "port = 99999", "pbx[1] (main).port: 99999 is wrong; expected at most 65535"),
        ('pbx = "main"', 'pbx = "other"', "trunk 'trunk': pbx = 'other' is not defined"),
        ('# trunk = "trunk"', 'trunk = "isdn"', "company '': trunk = 'isdn' is not defined; expected one of ['trunk']"),
        ("# other_trunks", "other_trunks", "company '': other_trunks names 'second', which is not there; expected some of ['trunk']"),
        ("[dialling]\nmode", "[intake.deep]\n[dialling]\nmode", "intake.deep: this key is unknown"),
        ("[outbox]", f"{SECOND_AGENT}[outbox]", "agent.id '201' is there twice; expected each once"),
        ("[outbox]", '[[agent]]\nid = "9"\n[outbox]', "agent[2] (9).endpoint: this key is missing"),
        ("[contact]", "[contact", "line 16: this is no TOML: the closing bracket ] is missing"),
        ('breath = "3s"', "breath = 3s", 'this is no TOML: 3s must stand in quotes: "3s"'),
        ("[contact]", f"[contact]\nx = {'[' * 3000}", "this is no TOML: Lists or tables lie more than 40 deep in each other"),
    ],
)
def test_a_wrong_key_is_named_with_file_and_expected_value(place: Place, old: str, new: str, sentence: str) -> None:
    place.rewrite(old, new)
    if not old.startswith("language"):
        place.rewrite('language = "de"', 'language = "en"')
    del place.env["COLLECTORD_LANGUAGE"]
    for command in ("check", "status", "run"):
        answer = place.run(command, now=None)
        assert answer.status == 2
        assert all(line.startswith(f"{place.config}: ") for line in answer.sentences)
        assert any(sentence in line for line in answer.sentences), answer.err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('mode = "preview"', 'mode = "automatic"'),
        ('breath = "3s"', 'breath = "3"'),
        ('breath = "3s"', 'breath = "11m"'),
        ('breath = "3s"', "breath = 3s"),
        ("rest_after = 5", "rest_after = -1"),
        ("reserve = 2", "reserve = 30"),
        ("# callback_numbers = [", "callback_numbers = [1, "),
        ("# device = ", 'device = "201" # '),
        ("[outbox]", f"{SECOND_AGENT}hourz = 1\n[outbox]"),
    ],
)
def test_the_line_of_a_wrong_key_is_named(place: Place, old: str, new: str) -> None:
    place.rewrite(old, new)
    before = place.config.read_text(encoding="utf-8").partition(new)[0]
    first, last = before.count("\n") + 1, before.count("\n") + 1 + new.count("\n")
    answer = place.run("check", now=None)
    assert answer.status == 2
    assert answer.sentences
    for sentence in answer.sentences:
        line = int(sentence.removeprefix(f"{place.config}: line ").partition(":")[0])
        assert first <= line <= last, sentence


def test_a_sandbox_reaches_loopback_only(place: Place) -> None:
    place.rewrite("sandbox = false", "sandbox = true")
    place.rewrite('host = "127.0.0.1"', 'host = "192.0.2.1"')
    assert place.run("check", now=None).sentences == [
        f"{place.config}: sandbox = true, but pbx 'main' has host '192.0.2.1'; expected a loopback address"
    ]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("COLLECTORD_LIVE", "maybe", "environment: COLLECTORD_LIVE: live: 'maybe' is wrong; expected true or false"),
        ("COLLECTORD_DIALLING__WRAP_UP_FOR", "long", "environment: COLLECTORD_DIALLING__WRAP_UP_FOR: dialling.wrap_up_for: 'long' is no"),
        ("COLLECTORD_DIALLING__FOO", "1", "environment: COLLECTORD_DIALLING__FOO: dialling.foo: this key is unknown"),
        ("COLLECTORD_LIFE", "true", "environment: COLLECTORD_LIFE: there is no such key"),
        ("COLLECTORD_CONTACT__PACKS", "us-regf", "environment: COLLECTORD_CONTACT__PACKS = 'us-regf' is wrong; expected JSON"),
        ("COLLECTORD_PBX", '[{"name":', "environment: COLLECTORD_PBX = '[{\"name\":' is wrong; expected JSON"),
        ("COLLECTORD_CONTACT__PACKS", '["nix"]', "contact.packs: there is no pack 'nix'"),
    ],
)
def test_a_wrong_variable_is_named(place: Place, name: str, value: str, sentence: str) -> None:
    answer = place.run("check", now=None, env={name: value})
    assert answer.status == 2
    assert len(answer.sentences) == 1
    assert answer.err.startswith(sentence)


def test_the_environment_overrides_the_file_key_by_key(place: Place) -> None:
    place.rewrite('display = "name"', 'display = "case"')
    assert place.run("check", now=None, env={"COLLECTORD_DIALLING__RING_DEBTOR_FOR": "20s", "COLLECTORD_MAX_EXPORT_AGE": "3"}).status == 0
    warned = place.ask("check", now=None, env={"COLLECTORD_CONTACT__PACKS": '["us-regf"]'})["warnings"]
    assert any("packs/de.toml is never in force" in line for line in warned)
    trunk = '[{"name": "isdn", "channels": 2, "reserve": 5}]'
    assert "COLLECTORD_TRUNK: trunk[1]: reserve = 5" in place.run("check", now=None, env={"COLLECTORD_TRUNK": trunk}).err


def test_a_secret_that_others_can_read_is_refused(place: Place) -> None:
    secret = place.folder / "ami.secret"
    secret.chmod(0o644)
    for command in ("check", "run"):
        answer = place.run(command, now=None)
        assert answer.status == 2
        assert answer.sentences == [f"pbx main: secret_file {secret} can be read by others; run chmod 600 {secret}"]


@pytest.mark.parametrize("content", [b"", b"two\nlines\n", b"\xff\xfe", None], ids=["empty", "two lines", "binary", "missing"])
def test_a_secret_that_cannot_be_used_is_refused(place: Place, content: bytes | None) -> None:
    secret = place.folder / "ami.secret"
    secret.unlink()
    if content is not None:
        secret.touch(mode=0o600)
        secret.write_bytes(content)
    answer = place.run("run", now=None)
    assert answer.status == 2
    assert len(answer.sentences) == 1
    assert str(secret) in answer.err


def test_a_folder_in_place_of_the_secret_is_refused(place: Place) -> None:
    secret = place.folder / "ami.secret"
    secret.unlink()
    secret.mkdir(mode=0o700)
    assert "Is a directory" in place.run("check", now=None).err


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('min_open = "25.00"', "min_open = 25.00", 'min_open = 25.0 is not money in quotes, like "25.00"'),
        ('min_open = "25.00"', 'min_open = "1.000,00"', "is no amount; write it in quotes with a point, like"),
        ("\nmin_open", "\nmin_opn", "min_opn is not known here; did you mean min_open? Known keys: after_contact, after_due"),
        ('after_due = "3d"', "after_due = 3", "after_due = 3 is not a duration like 90s, 15m, 36h or 7d"),
        ('medium = "call"', 'medium = "fax"', "medium = 'fax' is unknown; use one of call, email, letter, visit, handover"),
        ('name = "second call"', 'name = "friendly call"', "the name 'friendly call' stands twice in ladder standard: levels 2 and 3"),
        ('after_due = "10d"', 'after_due = "2d"', "levels stand in the order in which they happen"),
        ("\n[[ladder.standard.level]]\n", "\n[[ladder.standard.level]\n", "this is no TOML"),
    ],
)
def test_a_wrong_rule_is_named_with_file_and_line(place: Place, old: str, new: str, sentence: str) -> None:
    ladders = place.folder / "rules" / "ladders.toml"
    text = ladders.read_text(encoding="utf-8")
    assert old in text
    ladders.write_text(text.replace(old, new, 1), encoding="utf-8")
    for command in ("check", "status"):
        answer = place.run(command, now=None)
        assert answer.status == 2
        assert all(line.startswith(f"{ladders}:") and line.split(":")[1].isdigit() for line in answer.sentences)
        assert any(sentence in line for line in answer.sentences), answer.err


@pytest.mark.parametrize("damage", ["missing", "folder", "binary", "empty"])
def test_a_rule_file_that_cannot_be_read_is_named(place: Place, damage: str) -> None:
    ladders = place.folder / "rules" / "ladders.toml"
    ladders.unlink()
    match damage:
        case "folder":
            ladders.mkdir()
        case "binary":
            ladders.write_bytes(b"\xff\xfe\x00")
        case "empty":
            ladders.touch()
    answer = place.run("check", now=None)
    assert answer.status == 2
    assert len(answer.sentences) == 1
    assert answer.err.startswith(f"{ladders}:1: ")


def test_no_rules_at_all_say_where_to_get_them(place: Place) -> None:
    place.rewrite('rules_dir = "rules"', 'rules_dir = "nix"')
    answer = place.run("status", now=None)
    assert answer.status == 2
    assert len(answer.sentences) == 3
    assert all("`collectord init` writes one, or set rules_dir" in line for line in answer.sentences)


@pytest.mark.parametrize("key", ["state_dir", "exchange_dir"])
def test_a_file_where_a_folder_belongs_is_named(place: Place, key: str) -> None:
    place.rewrite(f'{key} = "{key.removesuffix("_dir")}"', f'{key} = "ami.secret"')
    answer = place.run("import", place.export("op.csv", []), now=None)
    assert answer.status == 1
    assert len(answer.sentences) == 1
    assert "ami.secret" in answer.err


def test_a_database_that_is_none_is_one_sentence_for_every_command(place: Place) -> None:
    database = place.folder / "state" / "collectord.db"
    database.write_text("no database at all\n" * 100)
    for command in (["status"], ["pause"], ["tasks"], ["plan"], ["explain", "1"], ["export"]):
        answer = place.run(*command, now=None)
        assert answer.status == 1
        assert answer.sentences[0].startswith(f"{database}: file is not a database")
        assert len(answer.sentences) == 1


def test_an_unreadable_state_is_one_sentence(place: Place) -> None:
    """As root every folder is readable: then the state is a folder that cannot exist."""
    unreadable = place.folder / "state"
    if os.geteuid() == 0:
        place.rewrite('state_dir = "state"', 'state_dir = "/proc/nix/state"')
    else:
        unreadable.chmod(0)
    answer = place.run("pause", now=None)
    unreadable.chmod(0o700)
    assert answer.status == 1
    assert len(answer.sentences) == 1
    assert "state" in answer.err
