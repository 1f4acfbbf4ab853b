"""E-mails to debtors over real sockets: what the server said is the answer, and what nobody heard is "unclear"."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.messages import Never, NotNow, Taken, Unclear, Unreachable
from collectord.edge.mailing import MailServer, Post
from tests.edge.post_office import PostOffice, letter_of, mail_server
from tests.edge.rough_mail import Rough, rough_server

POST = Post(
    id="01m", sender_name="Muster GmbH", recipient="weber@example.com", recipient_name="Frau Weber", subject="Zweite Nachricht: Übersicht",
    body="Guten Tag,\n\n410,00\xa0€ sind offen.\n.\nGrüße", at=datetime(2026, 11, 23, 9, tzinfo=UTC), language="de",
)  # fmt: skip


def server(port: int, within: float = 5.0) -> MailServer:
    return MailServer(host="127.0.0.1", port=port, tls="none", sender="buchhaltung@muster.example", within=within)


async def test_a_mail_arrives_as_it_was_written() -> None:
    office = PostOffice()
    async with mail_server(office) as port:
        assert await server(port).send(POST) == Taken()
    (envelope,) = office.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("buchhaltung@muster.example", ["weber@example.com"])
    mail = letter_of(envelope)
    assert mail["Subject"] == "Zweite Nachricht: Übersicht"
    assert mail["From"] == "Muster GmbH <buchhaltung@muster.example>"
    assert mail["To"] == "Frau Weber <weber@example.com>"
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<01m@muster.example>", "auto-generated")
    assert mail.get_content().replace("\r\n", "\n").rstrip("\n") == POST.body


@pytest.mark.parametrize(
    ("at", "does", "expected"),
    [
        ("RCPT", "550 no such mailbox", Never("550 no such mailbox")),
        ("RCPT", "450 come back later", NotNow("450 come back later")),
        ("DATA", "451 busy", NotNow("451 busy")),
        ("end", "452 full", NotNow("452 full")),
        ("end", "554 refused", Never("554 refused")),
        ("end", "251 forwarded", Unclear("251 forwarded")),
        ("DATA", "250 OK", Unclear("250 OK")),
    ],
)
async def test_what_the_server_said_decides(at: str, does: str, expected: object) -> None:
    async with rough_server(Rough(at, does)) as port:
        assert await server(port).send(POST) == expected


@pytest.mark.parametrize(
    ("at", "does"),
    [("greeting", "closes"), ("greeting", "hangs"), ("greeting", "421 no"), ("MAIL", "closes"), ("MAIL", "550 not you"), ("RCPT", "hangs")],
)
async def test_before_the_message_nothing_was_taken(at: str, does: str) -> None:
    rough = Rough(at, does)
    async with rough_server(rough) as port:
        answer = await server(port, within=0.5).send(POST)
    assert isinstance(answer, Unreachable), answer
    assert answer.why.startswith("127.0.0.1:")
    assert rough.had == []


@pytest.mark.parametrize("does", ["closes", "hangs"])
async def test_when_nobody_heard_the_answer_to_the_message_it_may_have_arrived(does: str) -> None:
    rough = Rough("end", does)
    async with rough_server(rough) as port:
        answer = await server(port, within=0.5).send(POST)
    assert isinstance(answer, Unclear), answer
    assert len(rough.had) == 1


async def test_nobody_there() -> None:
    async with rough_server(Rough("", "")) as port:
        pass
    assert isinstance(await server(port).send(POST), Unreachable)


async def test_a_certificate_nobody_vouches_for_is_no_server() -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    office = PostOffice()
    async with mail_server(office, tls=context) as port:
        answer = await replace(server(port), tls="starttls").send(POST)
    assert isinstance(answer, Unreachable)
    assert office.mails == []


HIDDEN = "=?utf-8?b?DQpCY2M6IHhAeS56?="  # a line break and another receiver
HOSTILE = st.one_of(st.text(max_size=40), st.sampled_from(["a\r\nBcc: x@y.z", "\x00", '"<a@b>,"', "=?utf-8?q?x?=", "Ä" * 300, HIDDEN]))


@given(HOSTILE, HOSTILE, HOSTILE)
def test_for_all_names_a_mail_has_its_own_headers_and_one_receiver(name: str, sender: str, subject: str) -> None:
    name, sender, subject = (text.encode("utf-8", "replace").decode() for text in (name, sender, subject))  # an export is UTF-8
    post = replace(POST, recipient_name=name, sender_name=sender, subject=subject)
    data = server(25).mail(post).as_bytes(policy=policy.SMTP)
    mail = message_from_bytes(data, policy=policy.SMTP)
    assert sorted(mail.keys()) == [
        "Auto-Submitted", "Content-Language", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "MIME-Version", "Message-ID",
        "Subject", "To",
    ]  # fmt: skip
    assert [one.addr_spec for one in mail["To"].addresses] == ["weber@example.com"]
    assert [one.addr_spec for one in mail["From"].addresses] == ["buchhaltung@muster.example"]
    assert b"\x00" not in data


async def test_a_mail_that_cannot_be_written_is_refused_before_anybody_is_asked() -> None:
    office = PostOffice()
    async with mail_server(office) as port:
        for post in (replace(POST, recipient="=?utf-8?b?eA==?=@example.com"), replace(POST, body="\udc80")):
            assert isinstance(await server(port).send(post), Never)
    assert office.mails == []


async def test_a_server_is_tried_without_a_mail_and_says_what_is_wrong() -> None:
    office = PostOffice()
    async with mail_server(office) as port:
        assert await server(port).reach() is None
    assert office.mails == []
    problem = await server(port).reach()
    assert problem is not None
    assert problem.why.startswith(f"127.0.0.1:{port}: ")


async def test_a_wrong_login_is_found_without_a_mail() -> None:
    authority, office = trustme.CA(), PostOffice()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with mail_server(office, tls=context, auth=True) as port:
        with authority.cert_pem.tempfile() as trusted, pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", trusted)
            known = replace(server(port), tls="starttls", user="collectord")
            assert await replace(known, secret="secret").reach() is None
            problem = await replace(known, secret="wrong").reach()
            assert problem is not None
            assert "535" in problem.why or "uthentication" in problem.why
    assert (office.users, office.mails) == ([b"collectord"], [])
