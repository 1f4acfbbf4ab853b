"""Secrets: the only reader of the files that hold passwords.

Owns who else may read such a file (nobody). Keeps no secret and writes none anywhere.
Invariant: a secret that others can read is refused, not used.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from collectord.settings.invalid import ConfigInvalid
from collectord.settings.lines import PbxSection
from collectord.settings.messages import MailSection, NoticesSection


def read_secret(pbx: PbxSection) -> str:
    """The AMI secret. Raises ConfigInvalid."""
    return _secret(Path(pbx.secret_file), f"pbx {pbx.name}: secret_file", "the AMI secret")


def read_smtp_secret(section: NoticesSection | MailSection) -> str:
    """The mail server's password; "" where none is needed. Raises ConfigInvalid."""
    if not section.smtp_user:
        return ""
    key = "mail" if isinstance(section, MailSection) else "notices"
    return _secret(Path(section.smtp_secret_file), f"{key}.smtp_secret_file", "the mail server's password")


def _secret(path: Path, key: str, what: str) -> str:
    """A systemd credential of the file's name, else the file, which nobody else may read."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials and (Path(credentials) / path.name).is_file():
        path = Path(credentials) / path.name
    else:
        try:
            mode = path.stat().st_mode
        except OSError as error:
            raise ConfigInvalid([f"{key} {path}: {error.strerror}; write {what} there, mode 0600"]) from None
        if stat.S_IMODE(mode) & 0o077:
            raise ConfigInvalid([f"{key} {path} can be read by others; run chmod 600 {path}"])
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigInvalid([f"{key} {path}: {error.strerror}; it must be a file that collectord may read"]) from None
    except UnicodeDecodeError:
        secret = ""
    if not secret or not secret.isprintable():
        raise ConfigInvalid([f"{key} {path} must hold {what} on one line"])
    return secret
