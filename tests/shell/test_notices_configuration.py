"""The configuration of notices: each key that does not fit the others is named; secrets are nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell.place import Place

MAIL = {"email_to": '["clerk@example.com"]', "email_from": '"c@example.com"', "smtp_host": '"mail.example.com"'}


def configure(place: Place, **keys: str) -> None:
    """Replaces the section [notices]."""
    text = place.config.read_text(encoding="utf-8")
    before = text[: text.index("[notices]")]
    place.config.write_text(before + "[notices]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()), encoding="utf-8")


def secret(place: Place, mode: int = 0o600) -> None:
    for name in ("smtp.secret", "ami.secret"):
        path = place.folder / name
        path.write_text("geheim\n")
        path.chmod(mode if name == "smtp.secret" else 0o600)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"email_to": '["a@example.com"]', "email_from": '"c@example.com"'}, "notices.smtp_host is missing"),
        ({"email_to": '["a@example.com"]', "smtp_host": '"m"'}, "notices.email_from is missing"),
        ({"smtp_host": '"m"'}, "notices.email_to is empty"),
        ({**MAIL, "email_to": '["a@example.com", "nobody"]'}, "notices.email_to = 'nobody' is no address"),
        ({**MAIL, "email_to": '["a@example.com\\nBcc: x@example.org"]'}, "is no address"),
        ({**MAIL, "email_from": '"Collectord <c@example.com>"'}, "notices.email_from = 'Collectord <c@example.com>' is no address"),
        ({**MAIL, "smtp_user": '"u"'}, "notices.smtp_secret_file is missing"),
        ({**MAIL, "smtp_secret_file": '"smtp.secret"'}, "notices.smtp_user is missing"),
        ({**MAIL, "smtp_user": '"u"', "smtp_secret_file": '"s"', "smtp_tls": '"none"'}, "would send the password in the clear"),
        ({**MAIL, "smtp_port": "0"}, "notices.smtp_port: 0 is wrong; expected at least 1"),
        ({**MAIL, "smtp_tls": '"ssl"'}, "notices.smtp_tls: 'ssl' is wrong; expected 'none', 'starttls' or 'tls'"),
        ({"webhook_url": '"ftp://example.com/x"'}, "notices.webhook_url = 'ftp://example.com/x' is no address"),
        ({"webhook_url": '"https://user:geheim@example.com/x"'}, "without a user name"),
        ({"webhook_url": '"https:///x"'}, "is no address"),
        ({"webhook_url": '"http://example.com:port/"'}, "is no address"),
        ({"late_after": "2"}, "notices.late_after: expected a duration in quotes"),
    ],
)  # fmt: skip
def test_a_key_that_does_not_fit_is_named_with_what_was_expected(place: Place, keys: dict[str, str], sentence: str) -> None:
    secret(place)
    configure(place, **keys)
    for command in ("check", "status", "run"):
        answer = place.run(command, now=None)
        assert answer.status == 2
        assert any(sentence in line and str(place.config) in line for line in answer.sentences), answer.err


def test_whole_sections_are_right(place: Place) -> None:
    secret(place)
    for keys in (
        MAIL,
        {**MAIL, "smtp_user": '"u"', "smtp_secret_file": '"smtp.secret"'},
        {"webhook_url": '"https://example.com/hook?x=1"'},
    ):
        configure(place, **keys)
        assert place.ask("check", now=None)["ok"], keys


def test_a_password_that_others_can_read_is_refused(place: Place) -> None:
    configure(place, **MAIL, smtp_user='"u"', smtp_secret_file='"smtp.secret"')
    secret(place, 0o644)
    for command in ("check", "run"):
        answer = place.run(command, now=None)
        assert answer.status == 2
        assert f"notices.smtp_secret_file {place.folder}/smtp.secret can be read by others; run chmod 600" in answer.err
    assert "geheim" not in answer.err


def test_a_password_may_come_as_a_credential_of_the_service(place: Place, tmp_path: Path) -> None:
    configure(place, **MAIL, smtp_user='"u"', smtp_secret_file='"smtp.secret"')
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    for name in ("smtp.secret", "ami.secret"):
        (credentials / name).write_text("geheim")
    assert place.run("check", now=None, env={"CREDENTIALS_DIRECTORY": str(credentials)}).status == 0


@pytest.mark.parametrize("keys", [{**MAIL}, {"webhook_url": '"https://hooks.example.com/x"'}])
def test_a_sandbox_tells_nobody_outside(place: Place, keys: dict[str, str]) -> None:
    configure(place, **keys)
    place.rewrite("sandbox = false", "sandbox = true")
    assert "expected a loopback address" in place.run("check", now=None).err
