"""Without a daemon: switches, status, doctor, manual calls, backup and restore."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collectord import app
from collectord.asked import Request
from collectord.loops.doctor_words import TEXTS
from tests.edge.fake_ami import Connection, FakeAmi, Received
from tests.shell.place import Place, environment, row


@pytest.fixture
def house(place: Place) -> Place:
    place.take(*[row(no) for no in range(1, 4)])
    return place


def test_a_new_installation_is_in_shadow_mode(place: Place) -> None:
    doc = place.ask("status", now=None)
    assert (doc["state"], doc["sources"]) == ("shadow", [])
    assert doc["why"].startswith("Shadow mode: tasks are planned and listed, nothing is dialled.")


def test_live_is_refused_until_doctor_has_no_failure_and_each_caller_id_was_tested(house: Place) -> None:
    answer = house.run("live", "--json", now=None)
    assert answer.status == 1
    assert answer.doc["live"] is False
    assert any("cannot be reached" in line for line in answer.doc["missing"])
    assert any("caller ID +493012345600 had no answered test call yet" in line for line in answer.doc["missing"])
    assert house.ask("status")["state"] == "shadow"


def test_a_live_installation_without_a_daemon_is_blocked_and_says_so(house: Place) -> None:
    doc = house.ask("status", env={"COLLECTORD_LIVE": "true"})
    assert (doc["state"], doc["why"]) == ("blocked", "No daemon is running.")
    assert house.ask("shadow", now=None)["state"] == "shadow"
    assert house.ask("status", env={"COLLECTORD_LIVE": "true"})["state"] == "shadow", "what was switched outweighs the file"


def test_pause_and_resume_switch_dialling(house: Place) -> None:
    live = {"COLLECTORD_LIVE": "true"}
    house.ask("pause", now=None)
    assert house.ask("status", env=live)["state"] == "paused"
    house.ask("resume", now=None)
    assert house.ask("status", env=live)["state"] == "blocked"


def test_one_agent_is_paused_by_id(house: Place) -> None:
    agent = '[{"id": "201", "name": "Anna", "pin": "4711", "endpoint": "PJSIP/201", "logged_in": true}]'
    house.env["COLLECTORD_AGENT"] = agent
    assert house.ask("pause", "--agent", "201", "--reason", "lunch", now=None) == {"agent": "201", "paused": True}
    (shown,) = house.ask("agents", now=None)
    assert (shown["state"], shown["paused"]) == ("paused", True)
    assert house.ask("resume", "--agent", "201", now=None) == {"agent": "201", "paused": False}
    for command in ("pause", "resume"):
        answer = house.run(command, "--agent", "999", now=None)
        assert answer.status == 1
        assert answer.sentences == ["agent '999' is not in the configuration"]


def test_a_manual_call_needs_the_daemon(house: Place) -> None:
    for command in (["call", "1", "--agent", "201"], ["test-call", "--agent", "201", "--to", "+493012345678"]):
        answer = house.run(*command, now=None)
        assert answer.status == 1
        assert answer.sentences == ["no daemon runs here, so nothing can be dialled; start it with `collectord run`"]
    assert "there is no debtor 'nix'" in house.run("call", "nix", "--agent", "201", now=None).err


def test_doctor_says_of_each_line_what_it_found_and_the_remedy(house: Place) -> None:
    answer = house.run("doctor", "--json", now=None)
    assert answer.status == 1
    assert all(set(line) == {"check", "outcome", "found", "remedy"} for line in answer.doc)
    assert {line["outcome"] for line in answer.doc} <= {"ok", "warn", "fail"}
    assert all(line["remedy"] for line in answer.doc if line["outcome"] != "ok")
    failed = [line for line in answer.doc if line["outcome"] == "fail"]
    assert [line["check"] for line in failed] == ["pbx main"]
    assert len(answer.sentences) == 1


def test_doctor_fails_without_an_export_and_without_its_folders(place: Place) -> None:
    (place.folder / "exchange" / "outbox").rmdir()
    failed = {line["check"] for line in place.run("doctor", "--json", now=None).doc if line["outcome"] == "fail"}
    assert {"export", "folder outbox", "pbx main"} <= failed


def test_doctor_and_live_speak_the_language_of_the_house(house: Place) -> None:
    german = {"COLLECTORD_LANGUAGE": "de"}
    lines = {line["check"]: line for line in house.run("doctor", "--json", now=None, env=german).doc}
    assert lines["caller ID +493012345600"]["found"] == "noch kein Anruf dort hat collectord erreicht"
    assert lines["pbx main"]["remedy"] == "Host, Port, Benutzer und Geheimnis prüfen; siehe docs/INSTALL.md"
    assert lines["folders"]["found"] == "alle da, alle beschreibbar"
    refused = house.run("live", "--json", now=None, env=german)
    assert refused.sentences[0] == "Nicht scharf geschaltet:"
    assert any("wurde noch kein Probeanruf angenommen" in sentence for sentence in refused.sentences)
    assert "Hier läuft kein Dienst" in house.run("call", "1", "--agent", "201", now=None, env=german).err
    assert house.run("shadow", "--json", now=None, env=german).doc["note"].startswith("Schattenbetrieb")


def test_every_finding_of_doctor_has_its_remedy_and_both_languages() -> None:
    codes = {code.removesuffix("!") for code in TEXTS}
    assert codes <= TEXTS.keys() | {"export", "dialplan"}
    for english, german in TEXTS.values():
        assert re.findall(r"{\w+", english) == re.findall(r"{\w+", german)


async def doctor(place: Place, port: int, **secret: str) -> dict[str, tuple[str, str]]:
    """check -> (outcome, found) of a PBX on that port."""
    file = place.folder / "ami.secret"
    file.write_text(secret.get("secret", "geheim") + "\n", encoding="utf-8")
    place.rewrite("port = 5038", f"port = {port}")
    with environment(place.env):
        reply = await app.perform(place.config, Request(command="doctor"))
    return {line["check"]: (line["outcome"], line["found"]) for line in reply.doc}


async def test_doctor_is_content_with_a_good_pbx(tmp_path: Path) -> None:
    async with FakeAmi() as ami:
        ami.devices = {"PJSIP/201": "NOT_INUSE"}
        found = await doctor(Place(tmp_path / "house"), ami.port)
    assert found["pbx main"][0] == "ok"
    assert found["pbx main dialplan"] == ("ok", "version 2")
    assert found["phone PJSIP/201"][0] == "ok"


async def test_doctor_names_a_wrong_secret(tmp_path: Path) -> None:
    async with FakeAmi() as ami:
        outcome, sentence = (await doctor(Place(tmp_path / "house"), ami.port, secret="falsch"))["pbx main"]
    assert outcome == "fail"
    assert "refuses the login 'collectord'" in sentence
    assert "falsch" not in sentence


async def test_doctor_names_a_dialplan_of_another_version(tmp_path: Path) -> None:
    async with FakeAmi() as ami:
        ami.variables["COLL_DIALPLAN_VERSION"] = "7"
        assert (await doctor(Place(tmp_path / "house"), ami.port))["pbx main dialplan"] == ("fail", "version 7, this collectord needs 2")


async def test_doctor_names_a_dialplan_that_is_not_there(tmp_path: Path) -> None:
    async with FakeAmi() as ami:
        ami.variables.clear()
        assert (await doctor(Place(tmp_path / "house"), ami.port))["pbx main dialplan"] == ("fail", "version none, this collectord needs 2")


async def test_doctor_names_a_pbx_without_lamps_and_one_without_the_key_for_them(tmp_path: Path) -> None:
    async def no_key(connection: Connection, order: Received) -> None:
        await connection.answer(order, "Message: Extension Status", "Hint: ", "Status: -1")

    async with FakeAmi() as ami:
        outcome, found = (await doctor(Place(tmp_path / "first"), ami.port))["pbx main lamps"]
        assert (outcome, found[:20]) == ("warn", "no key lamps (BLF): ")
        ami.handlers["ExtensionState"] = no_key
        outcome, found = (await doctor(Place(tmp_path / "second"), ami.port))["pbx main lamps"]
        assert (outcome, found[:32]) == ("warn", "coll-features has no hint *86201")


async def test_doctor_names_a_phone_that_is_not_registered(tmp_path: Path) -> None:
    async with FakeAmi() as ami:
        ami.devices = {"PJSIP/201": "UNAVAILABLE"}
        assert (await doctor(Place(tmp_path / "house"), ami.port))["phone PJSIP/201"] == ("warn", "unavailable")


def test_a_backup_is_restored_and_the_former_database_kept(house: Place) -> None:
    backup = house.folder / "backup.db"
    assert house.run("backup", backup, now=None).status == 0
    assert backup.stat().st_mode & 0o077 == 0
    house.ask("record", 1, "--do-not-call")
    assert house.explain(1)["never"]
    doc = house.ask("restore", backup, now=None)
    assert Path(doc["former_database"]).exists()
    assert house.explain(1)["may_call"]


def test_a_backup_copied_into_its_place_by_hand_is_worked_with_only_after_a_person_said_so(house: Place) -> None:
    backup, database = house.folder / "backup.db", house.folder / "state" / "collectord.db"
    assert house.run("backup", backup, now=None).status == 0
    house.ask("record", 1, "--do-not-call")
    database.write_bytes(backup.read_bytes())
    for command in (["run"], ["pause"], ["import", house.export("op.csv", [row(9)])]):
        answer = house.run(*command, now=None)
        assert (answer.status, len(answer.sentences)) == (1, 1)
        assert "collectord.db is older than what was done here" in answer.err
    assert house.explain(1)["may_call"], "looking changes nothing"
    assert house.ask("restore", now=None) == {"restored": str(database), "former_database": None}
    house.ask("record", 1, "--do-not-call")


def test_a_backup_overwrites_nothing_and_goes_nowhere_else(house: Place) -> None:
    backup = house.folder / "backup.db"
    house.run("backup", backup, now=None)
    for target, sentence in ((backup, "exists already; name a new file"), (house.folder / "nix" / "b.db", "choose another place")):
        answer = house.run("backup", target, now=None)
        assert answer.status == 1
        assert len(answer.sentences) == 1
        assert sentence in answer.err


def test_what_is_no_backup_is_not_restored(house: Place) -> None:
    text = house.export("op.csv", [])
    for path in (text, house.folder, house.folder / "nix.db"):
        answer = house.run("restore", path, now=None)
        assert answer.status == 1
        assert len(answer.sentences) == 1
        assert str(path) in answer.err
    assert house.explain(1)["may_call"]


def test_export_without_news_writes_no_file(house: Place) -> None:
    assert house.ask("export", now=None) == {"file": None, "corrections": None, "note": "nothing new since the last export"}
