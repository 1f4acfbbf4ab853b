"""Key lamps on a real Asterisk: a phone that watches *86 and an agent's id is told, whatever else it knows, by SIP alone.

Owns the account 299 (never registered as a phone; here it watches). Uses no code of collectord. Invariant: what is expected stands here.
"""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Iterator

import pytest
from ami_client import Ami
from sandbox import Sandbox

pytestmark = pytest.mark.pbx
HERE = "127.0.0.1"


class Watcher:
    """A desk phone that does nothing but watch one key: SUBSCRIBE, and what each NOTIFY says."""

    def __init__(self, sandbox: Sandbox, key: str, accept: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HERE, 0))
        self._socket.settimeout(10)
        self._to = (sandbox.company.sip_host, sandbox.company.sip_port)
        self._uri = f"sip:{key}@{self._to[0]}:{self._to[1]}"
        self._accept, self._secret = accept, sandbox.phone_secrets["299"]
        self._me = f"sip:299@{HERE}:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Watcher:
        challenge = self._subscribe(1)
        assert challenge.startswith("SIP/2.0 401"), challenge
        realm, nonce = (re.search(rf'{name}="([^"]*)"', challenge)[1] for name in ("realm", "nonce"))  # type: ignore[index]

        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        secret = md5(f"299:{realm}:{self._secret}")
        answer = md5(f"{secret}:{nonce}:00000001:c:auth:{md5(f'SUBSCRIBE:{self._uri}')}")
        given = (
            f'username="299", realm="{realm}", nonce="{nonce}", uri="{self._uri}", qop=auth, nc=00000001, cnonce="c", response="{answer}"'
        )
        accepted = self._subscribe(2, f"Authorization: Digest {given}")
        assert accepted.startswith("SIP/2.0 200"), accepted
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _subscribe(self, number: int, *more: str) -> str:
        event = "dialog" if "dialog" in self._accept else "presence"
        lines = (
            f"SUBSCRIBE {self._uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._me[8:]};branch=z9hG4bK{event}{number}{id(self)}",
            f"From: <sip:299@{HERE}>;tag=w{id(self)}",
            f"To: <{self._uri}>",
            f"Call-ID: watch-{event}-{id(self)}",
            f"CSeq: {number} SUBSCRIBE",
            f"Contact: <{self._me}>",
            f"Event: {event}",
            f"Accept: {self._accept}",
            "Expires: 600",
            *more,
            "Content-Length: 0",
        )
        self._socket.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), self._to)
        while (message := self._receive()).startswith("NOTIFY"):
            raise AssertionError("told before it was accepted")
        return message

    def _receive(self) -> str:
        return self._socket.recv(65536).decode()

    def told(self) -> str:
        """The body of the next NOTIFY, which is acknowledged."""
        while not (message := self._receive()).startswith("NOTIFY"):
            pass
        head, _, body = message.partition("\r\n\r\n")
        kept = [line for line in head.split("\r\n") if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
        self._socket.sendto(("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0"]) + "\r\n\r\n").encode(), self._to)
        return body


@pytest.fixture
def ami(sandbox: Sandbox) -> Iterator[Ami]:
    company = sandbox.company
    with Ami(company.ami_host, company.ami_port, company.username, company.secret) as line:
        yield line


def show(ami: Ami, agent: str, state: str) -> None:
    """With the rights of the shipped manager.conf."""
    answer = ami.action("Setvar", ("Variable", f"DEVICE_STATE(Custom:coll-{agent})"), ("Value", state))
    assert answer["Response"] == "Success", answer


def test_a_phone_with_lamps_is_told_of_every_change(sandbox: Sandbox, ami: Ami) -> None:
    show(ami, "lamp1", "BUSY")
    with Watcher(sandbox, "*86lamp1", "application/dialog-info+xml") as phone:
        assert "<state>confirmed</state>" in phone.told()
        for state, word in (("NOT_INUSE", "terminated"), ("RINGING", "early"), ("INUSE", "confirmed"), ("NOT_INUSE", "terminated")):
            show(ami, "lamp1", state)
            assert f"<state>{word}</state>" in phone.told()
        show(ami, "lamp1", "ONHOLD")
        assert "<state>confirmed</state>" in phone.told()


def test_a_phone_that_reads_words_is_told_words(sandbox: Sandbox, ami: Ami) -> None:
    show(ami, "lamp2", "ONHOLD")
    with Watcher(sandbox, "*86lamp2", "application/pidf+xml") as phone:
        assert "<note>On hold</note>" in phone.told()
        for state, note in (("NOT_INUSE", "Ready"), ("RINGING", "Ringing"), ("BUSY", "On the phone")):
            show(ami, "lamp2", state)
            assert f"<note>{note}</note>" in phone.told()


@pytest.mark.parametrize(
    ("shows", "action"),
    [("NOT_INUSE", "pause"), ("INUSE", "pause"), ("RINGING", "pause"), ("ONHOLD", "resume"), ("BUSY", "login"), ("", "login")],
)
def test_the_key_changes_what_its_lamp_shows(sandbox: Sandbox, ami: Ami, shows: str, action: str) -> None:
    agent = f"key{shows.lower()}"
    if shows:
        show(ami, agent, shows)
    since = len(ami.seen)
    name = sandbox.start_feature(f"*86{agent}", phone="209", keys="4711#", stay=20)
    assert name is not None
    asked = ami.wait(lambda m: m.get("UserEvent") == "CollFeature", "CollFeature", since=since)
    assert (asked["Action"], asked["Endpoint"], asked["Arg"]) == (action, "PJSIP/209", "")
    ami.action("Setvar", ("Channel", asked["Uniqueid"]), ("Variable", "COLL_REPLY"), ("Value", "denied" if action == "login" else "error"))
    sandbox.hang_up("209")
    sandbox.wait_for("feature-end", who="209")
