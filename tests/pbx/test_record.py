"""A talk is recorded after a yes, on a real Asterisk: the shipped coll-record, told what to do over a raw AMI line, keys as real DTMF.

Owns the debtors whose numbers begin with +49305506. Uses no code of collectord. Invariant: what is expected stands here as data.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from ami_client import Ami, Message
from sandbox import Sandbox

pytestmark = pytest.mark.pbx
NUMBERS = count(10)
CALL = (
    "COLL_CID=+493012345600",
    "COLL_MODE=preview",
    "COLL_RING=30",
    "COLL_TRUNK=trunk",
    "COLL_FORMAT=e164",
    "COLL_LANG=de",
    "COLL_WRAP=30",
)
A_SECOND = 16_000  # bytes of a WAV file of 8 kHz and 16 bit


class Talk:
    """One call, up to the moment at which both talk."""

    def __init__(self, ami: Ami, sandbox: Sandbox) -> None:
        self.ami, self.sandbox = ami, sandbox
        place = next(NUMBERS)
        self.id, self.number = f"recorded-{place:04}", f"+49305506{place:03}1100"
        variables = (f"__COLL_ID={self.id}", f"COLL_DST={self.number}", *CALL)
        ami.action(
            "Originate", ("ActionID", f"{self.id}-o"), ("Channel", "PJSIP/207"), ("ChannelId", f"coll-{self.id}"),
            ("Context", "coll-agent"), ("Exten", "s"), ("Priority", "1"), ("Timeout", "20000"), ("Async", "true"),
            ("CallerID", f'"Case" <{self.number}>'),
            *(("Variable", text) for text in variables),
        )  # fmt: skip
        self.say(self.event("CollAccept"), "COLL_GO", "1")
        self.event("CollUp")
        sandbox.wait_for("debtor-up", who=self.number)

    @property
    def file(self) -> Path:
        return self.sandbox.company.folder / "data/recordings" / f"{self.id}.wav"

    def event(self, name: str) -> Message:
        return self.ami.wait(lambda m: m.get("UserEvent") == name and m.get("CollID") == self.id, f"{name} of {self.id}", within=60)

    def events(self) -> list[str]:
        return [m["UserEvent"] for m in self.ami.seen if m.get("CollID") == self.id and "UserEvent" in m]

    def say(self, asks: Message, name: str, text: str) -> None:
        assert self.ami.action("Setvar", ("Channel", asks["Uniqueid"]), ("Variable", name), ("Value", text))["Response"] == "Success"

    def row(self, family: str) -> str:
        answer = self.ami.action("DBGet", ("Family", family), ("Key", self.id))
        if answer["Response"] != "Success":
            return ""
        number = answer["ActionID"]
        return self.ami.wait(lambda m: m.get("Event") == "DBGetResponse" and m.get("ActionID") == number, "DBGetResponse")["Val"]

    def agrees(self) -> None:
        """The debtor has said yes, and it is on disk."""
        self.sandbox.press("207", "*3")
        asked = self.event("CollConsent")
        assert not self.file.exists()
        self.say(asked, "COLL_REC", "1")
        assert self.event("CollRecording")["RecState"] == "on"
        self.until(lambda: self.size() > A_SECOND, "a second of the talk")

    def size(self) -> int:
        return self.file.stat().st_size if self.file.exists() else 0

    def until(self, look: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + 60
        while not (found := look()):
            assert time.monotonic() < deadline, f"{what} did not come"
            time.sleep(0.05)
        return found

    def is_recorded(self) -> bool:
        rows = self.ami_rows()
        return any("MIXMONITOR_FILENAME=/" in row.get("Variable", "") for row in rows)

    def ami_rows(self) -> list[Message]:
        return [row for row in self.sandbox.company.ami().rows("Status", Variables="MIXMONITOR_FILENAME") if self.id in row["Linkedid"]]

    def debtor_leaves(self) -> None:
        for row in self.sandbox.world.ami().rows("Status"):
            if self.number in (row.get("Exten"), row.get("DNID")):
                self.sandbox.world.ami().action("Hangup", Channel=row["Channel"])

    def ends(self) -> Message:
        self.sandbox.hang_up("207")
        return self.event("CollEnd")


@pytest.fixture
def talk(sandbox: Sandbox) -> Iterator[Callable[[], Talk]]:
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret) as ami:
        yield lambda: Talk(ami, sandbox)


def test_after_the_daemons_yes_the_talk_is_recorded_and_both_hear_a_tone(talk: Callable[[], Talk]) -> None:
    call = talk()
    call.agrees()
    assert call.is_recorded()
    assert call.row("collrec") == "on"
    call.sandbox.wait_for("debtor-tone", who=call.number)
    assert call.ends()["State"] == "DIAL"
    assert call.events() == ["CollAgent", "CollAccept", "CollDial", "CollUp", "CollConsent", "CollRecording", "CollEnd"]


def test_the_menu_is_never_recorded(talk: Callable[[], Talk]) -> None:
    call = talk()
    call.agrees()
    call.debtor_leaves()
    call.event("CollResult")
    assert not call.is_recorded()
    before = call.size()
    time.sleep(1.5)
    assert call.size() == before > A_SECOND
    call.ends()


@pytest.mark.parametrize("word", ["0", ""], ids=["refused", "no daemon"])
def test_without_the_daemons_yes_nothing_is_recorded_and_the_talk_goes_on(talk: Callable[[], Talk], word: str) -> None:
    call = talk()
    call.sandbox.press("207", "*3")
    asked = call.event("CollConsent")
    if word:
        call.say(asked, "COLL_REC", word)
    time.sleep(7 if word == "" else 2)
    assert not call.is_recorded()
    assert not call.file.exists()
    assert call.row("collrec") == ""
    assert call.ends()["State"] == "DIAL"
    assert "CollRecording" not in call.events()


def test_pressed_again_it_stops_and_what_was_said_is_gone(talk: Callable[[], Talk]) -> None:
    call = talk()
    call.agrees()
    call.until(lambda: call.size() > 5 * A_SECOND, "five seconds of the talk")
    call.sandbox.press("207", "*3")
    call.event("CollWithdrawn")
    call.until(lambda: not call.is_recorded() and call.row("collrec") == "withdrawn", "the end of the recording")
    call.until(lambda: 0 < call.size() < 5 * A_SECOND, "the file overwritten")
    before = call.size()
    time.sleep(1.5)
    assert call.size() == before
    call.sandbox.press("207", "*3")  # no key brings it back, and nobody is asked
    time.sleep(2)
    assert not call.is_recorded()
    assert call.ends()["State"] == "DIAL"
    assert call.events().count("CollConsent") == 1


def test_a_talk_that_goes_to_a_colleague_is_not_recorded_further(talk: Callable[[], Talk]) -> None:
    call = talk()
    call.agrees()
    call.sandbox.press("207", "*2208#")
    call.say(call.event("CollHand"), "COLL_TO", "1|PJSIP/208|10|20261123|30|de|Übergabe - Müller")
    call.event("CollHanded")
    call.until(lambda: not call.is_recorded(), "the end of the recording")
    call.sandbox.hang_up("208")
    call.event("CollEnd")


def test_a_recording_is_erased_on_our_order(talk: Callable[[], Talk]) -> None:
    call = talk()
    call.agrees()
    call.ends()
    assert call.size() > A_SECOND
    call.ami.action(
        "Originate", ("Channel", "Local/erase@coll-erase/n"), ("Application", "Wait"), ("Data", "2"), ("Async", "true"),
        ("Variable", f"__COLL_ID={call.id}"),
    )  # fmt: skip
    call.event("CollErased")
    assert 0 < call.size() < A_SECOND


def test_a_recording_that_cannot_be_overwritten_is_not_told_as_erased(talk: Callable[[], Talk]) -> None:
    call = talk()
    call.agrees()
    call.until(lambda: call.size() > 5 * A_SECOND, "five seconds of the talk")
    call.ends()
    kept = call.file.with_suffix(".kept")
    call.file.rename(kept)
    call.file.mkdir()  # what lies there cannot be written
    call.ami.action(
        "Originate", ("Channel", "Local/erase@coll-erase/n"), ("Application", "Wait"), ("Data", "2"), ("Async", "true"),
        ("Variable", f"__COLL_ID={call.id}"),
    )  # fmt: skip
    time.sleep(4)
    assert "CollErased" not in call.events()
    call.file.rmdir()
    kept.rename(call.file)


@pytest.mark.parametrize("id", ["../../etc/x1", "x", "recorded-0001/../a"])
def test_an_id_that_is_none_reaches_no_file(sandbox: Sandbox, talk: Callable[[], Talk], id: str) -> None:
    folder = sandbox.company.folder / "data/recordings"
    before = sorted(folder.iterdir())
    call = talk()
    call.ami.action(
        "Originate", ("Channel", "Local/erase@coll-erase/n"), ("Application", "Wait"), ("Data", "2"), ("Async", "true"),
        ("Variable", f"__COLL_ID={id}"),
    )  # fmt: skip
    time.sleep(1)
    assert "CollErased" not in {m.get("UserEvent") for m in call.ami.seen if m.get("CollID") == id}
    assert sorted(folder.iterdir()) == before
    call.ends()


def test_the_login_can_start_no_recording_by_itself(talk: Callable[[], Talk]) -> None:
    call = talk()
    run = "/tmp/collectord-never.wav,,touch /tmp/collectord-never"
    for action in (
        ("MixMonitor", ("Channel", f"coll-{call.id}"), ("File", "/tmp/collectord-never.wav")),
        ("Originate", ("Channel", "PJSIP/208"), ("Application", "MixMonitor"), ("Data", run), ("Async", "true")),
    ):
        assert call.ami.action(*action)["Response"] == "Error"
    call.ends()
