"""The section [mail]: every wrong key is a sentence, and a right one passes `check`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.edge.post_office import PostOffice, mail_server
from tests.shell.place import Place

MAIL = {"smtp_host": '"127.0.0.1"', "email_from": '"post@example.com"'}


def configure(place: Place, **keys: str) -> None:
    text = place.config.read_text(encoding="utf-8")
    before = text[: text.index("[mail]")]
    place.config.write_text(before + "[mail]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()), encoding="utf-8")


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"smtp_host": '"m"'}, "mail.email_from is missing"),
        ({**MAIL, "email_from": '"a@example.com\\nBcc: x@example.org"'}, "is no address"),
        ({**MAIL, "reply_to": '"nobody"'}, "mail.reply_to = 'nobody' is no address"),
        ({**MAIL, "smtp_user": '"u"'}, "mail.smtp_secret_file is missing"),
        ({**MAIL, "smtp_secret_file": '"s"'}, "mail.smtp_user is missing"),
        ({**MAIL, "smtp_host": '"m"', "smtp_user": '"u"', "smtp_secret_file": '"s"', "smtp_tls": '"none"'}, "password in the clear"),
        ({**MAIL, "smtp_user": '"u"', "smtp_secret_file": '"nowhere"'}, "mail.smtp_secret_file"),
        ({**MAIL, "smtp_hots": '"m"'}, "mail.smtp_hots: this key is unknown"),
    ],
)
def test_a_wrong_key_is_one_sentence(place: Place, keys: dict[str, str], sentence: str) -> None:
    configure(place, **keys)
    answer = place.run("check", now=None)
    assert answer.status == 2
    assert sentence in answer.err
    assert "Traceback" not in answer.err


def doctor_of_mail(place: Place) -> list[tuple[str, str, str]]:
    answer = place.run("doctor", "--json", now=None)
    return [(line["outcome"], line["found"], line["remedy"]) for line in answer.doc if line["check"] == "mail"]


def test_doctor_tries_the_mail_server_without_sending_and_says_what_is_wrong(place: Place) -> None:
    assert doctor_of_mail(place) == []  # none is configured
    office = PostOffice()
    port: list[int] = []
    with running(office, port):
        configure(place, **MAIL, smtp_port=str(port[0]), smtp_tls='"none"')
        assert doctor_of_mail(place) == [("ok", f"127.0.0.1:{port[0]} answers (none)", "")]
    assert office.mails == []
    [(outcome, found, remedy)] = doctor_of_mail(place)
    assert (outcome, found.startswith(f"127.0.0.1:{port[0]}: "), "see [mail]" in remedy) == ("warn", True, True)
    secret = place.folder / "smtp.secret"
    secret.write_text("s")
    secret.chmod(0o600)
    configure(place, **MAIL, smtp_user='"u"', smtp_secret_file=f'"{secret}"')
    secret.unlink()
    assert place.run("doctor", "--json", now=None).status != 0


@contextmanager
def running(office: PostOffice, port: list[int]) -> Iterator[None]:
    """A mail server in a thread of its own."""
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        async with mail_server(office) as number:
            port.append(number)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    ready.wait(20)
    try:
        yield
    finally:
        done.set()
        thread.join(20)
