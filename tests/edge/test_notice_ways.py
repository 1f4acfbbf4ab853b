"""Notices on the wire: a real mail server and a real web server on loopback, with and without TLS."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from collectord.core.notices import Message
from collectord.edge.notices import Hook, Mailbox, NotTaken, Parcel, way
from tests.edge.post_office import PostOffice, mail_server, web

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOTICES = [
    {"id": "n1", "at": "2026-11-23T12:00:00Z", "kind": "held", "subject": "b1", "sentence": "Zurückgehalten", "ended_at": ""},
    {"id": "n2", "at": "2026-11-23T12:00:00Z", "kind": "late", "subject": "sap", "sentence": "Überfällig", "ended_at": ""},
]
PARCEL = Parcel(message=Message(subject="collectord: Prüfung", text="- Zurückgehalten\n"), notices=NOTICES, host="pbx1", at=NOON)


def mailbox(port: int, **given: Any) -> Mailbox:
    fields = {
        "host": "127.0.0.1",
        "tls": "none",
        "sender": "collectord@example.com",
        "recipients": ("clerk@example.com", "lead@example.com"),
    }
    return Mailbox(port=port, **{**fields, **given})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of an authority that nobody knows: (its certificate, what the server shows)."""
    authority, folder = trustme.CA(), tmp_path_factory.mktemp("tls")
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    return folder / "authority.pem", folder / "server.pem"


def server_side(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1])
    return context


async def test_a_mail_reaches_every_recipient_with_its_sentences() -> None:
    office = PostOffice()
    async with mail_server(office) as port:
        assert await mailbox(port).send(PARCEL) == ""
    [mail] = office.mails
    assert mail.rcpt_tos == ["clerk@example.com", "lead@example.com"]
    assert mail.mail_from == "collectord@example.com"
    text = mail.content.decode() if isinstance(mail.content, bytes) else str(mail.content)
    assert "Auto-Submitted: auto-generated" in text
    assert "Message-ID: <n1.n2@example.com>" in text
    assert mailbox(1).mail(PARCEL).get_content() == "- Zurückgehalten\n"
    assert mailbox(1).mail(PARCEL)["Subject"] == "collectord: Prüfung"


def test_a_subject_hides_no_other_header() -> None:
    """As an encoded word (RFC 2047) would."""
    hidden = Message(subject="Held: =?utf-8?b?DQpCY2M6IHhAeS56?=", text="-\n")
    mail = mailbox(1).mail(Parcel(message=hidden, notices=NOTICES, host="pbx1", at=NOON))
    assert b"\nBcc" not in mail.as_bytes()


async def test_a_recipient_that_is_refused_is_told_and_the_others_get_it() -> None:
    office = PostOffice(refuses=frozenset({"lead@example.com"}))
    async with mail_server(office) as port:
        assert await mailbox(port).send(PARCEL) == "refused: lead@example.com"
        assert office.mails[0].rcpt_tos == ["clerk@example.com"]
        with pytest.raises(NotTaken, match="no such mailbox"):
            await mailbox(port, recipients=("lead@example.com",)).send(PARCEL)


@pytest.mark.parametrize("answer", ["451 try later", "554 no"])
async def test_a_mail_that_the_server_does_not_take_was_not_sent(answer: str) -> None:
    async with mail_server(PostOffice(answer=answer)) as port:
        with pytest.raises(NotTaken, match=answer[:3]):
            await mailbox(port).send(PARCEL)


async def test_a_mail_server_that_is_down_or_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr("collectord.edge.notices.mail.WITHIN", 0.2)
        with pytest.raises(NotTaken):
            await mailbox(port).send(PARCEL)
    with pytest.raises(NotTaken, match=str(port)):
        await mailbox(port).reach()


@pytest.mark.parametrize("at_once", [False, True], ids=["starttls", "tls"])
async def test_an_unknown_certificate_gets_no_mail_and_no_password(certificate: tuple[Path, Path], at_once: bool) -> None:
    office = PostOffice()
    async with mail_server(office, tls=server_side(certificate), at_once=at_once, auth=True) as port:
        with pytest.raises(NotTaken, match=r"(?i)certificate"):
            await mailbox(port, tls="tls" if at_once else "starttls", user="u", secret="secret").send(PARCEL)
    assert (office.mails, office.users) == ([], [])


@pytest.mark.parametrize("at_once", [False, True], ids=["starttls", "tls"])
async def test_with_a_known_certificate_it_logs_in_and_sends(
    certificate: tuple[Path, Path], at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    office = PostOffice()
    async with mail_server(office, tls=server_side(certificate), at_once=at_once, auth=True) as port:
        box = mailbox(port, tls="tls" if at_once else "starttls", user="u", secret="secret")
        assert "logged in" in await box.reach()
        assert office.mails == []
        await box.send(PARCEL)
        with pytest.raises(NotTaken, match="535"):
            await mailbox(port, tls="tls" if at_once else "starttls", user="u", secret="wrong").send(PARCEL)
    assert (len(office.mails), set(office.users)) == (1, {b"u"})


async def test_starttls_is_not_given_up_when_the_server_has_none() -> None:
    office = PostOffice()
    async with mail_server(office) as port:
        with pytest.raises(NotTaken, match="STARTTLS"):
            await mailbox(port, tls="starttls").send(PARCEL)
    assert office.mails == []


def test_a_secret_is_not_shown() -> None:
    assert "geheim" not in repr(mailbox(25, user="u", secret="geheim"))


async def test_a_webhook_gets_the_same_as_json() -> None:
    with web() as server:
        assert await Hook(url=server.url).send(PARCEL) == ""
    [post] = server.posts
    assert (post["subject"], post["text"], post["host"]) == ("collectord: Prüfung", "- Zurückgehalten\n", "pbx1")
    assert post["at"] == dt.datetime(2026, 11, 23, 12, tzinfo=UTC).isoformat()
    assert post["notices"][1] == {
        "id": "n2", "at": "2026-11-23T12:00:00Z", "kind": "late", "subject": "sap", "sentence": "Überfällig",
    }  # fmt: skip


@pytest.mark.parametrize("answer", [400, 404, 500])
async def test_a_webhook_that_answers_with_an_error_took_nothing(answer: int) -> None:
    with web(answer) as server, pytest.raises(NotTaken, match=str(answer)) as caught:
        await Hook(url=server.url).send(PARCEL)
    assert "token" not in str(caught.value)


async def test_a_redirect_is_not_followed() -> None:
    with web() as elsewhere, web(307, elsewhere.url) as server:
        with pytest.raises(NotTaken, match="redirect"):
            await Hook(url=server.url).send(PARCEL)
        assert elsewhere.posts == []


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with web() as proxy, web() as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        await Hook(url=server.url).send(PARCEL)
        assert (len(server.posts), proxy.posts) == (1, [])


async def test_a_webhooks_certificate_is_verified(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with web(tls=server_side(certificate)) as server:
        for attempt in (Hook(url=server.url).send(PARCEL), Hook(url=server.url).reach()):
            with pytest.raises(NotTaken, match=r"(?i)certificate"):
                await attempt
        assert server.posts == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        assert "nothing was sent" in await Hook(url=server.url).reach()
        assert server.posts == []
        await Hook(url=server.url).send(PARCEL)
        assert len(server.posts) == 1


async def test_a_webhook_that_is_down_or_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectord.edge.notices.hook.WITHIN", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/token"
        with pytest.raises(NotTaken):
            await Hook(url=url).send(PARCEL)
        assert "can be reached" in await Hook(url=url).reach()
    for attempt in (Hook(url=url).send(PARCEL), Hook(url=url).reach()):
        with pytest.raises(NotTaken, match=r"127\.0\.0\.1") as caught:
            await attempt
        assert "token" not in str(caught.value)


def test_what_went_wrong_is_said_in_a_few_words() -> None:
    assert way.because(TimeoutError()) == "no answer within 30 s"
    assert way.because(ConnectionRefusedError(111, "refused")) == "ConnectionRefusedError: [Errno 111] refused"
    assert way.because(OSError()) == "OSError"
