"""The section [mail]: every wrong key is a sentence, and a right one passes `check`."""

from __future__ import annotations

import pytest

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
