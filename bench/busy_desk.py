"""The sandbox with a big desk: hundreds of phones whose people answer at once, accept, and key the outcome after the talk.

Owns the extra phones on both Asterisks. The shipped dialplan and configuration stay as they are.
Invariant: a call of this desk is a whole call: phone, preview, debtor, talk, wrap-up, saved.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox import Sandbox
from sandbox.asterisk_files import AsteriskFiles
from sandbox.ports import PHONES

from bench.installation import Installation, Link

PHONE_COUNT = 460  # a call takes four of the sandbox's 1,900 RTP ports
TAIL = "1202"  # the debtor answers at once, talks one second, hangs up
TALK_AND_MENU = 2.0  # s from the agent's "accept" to the outcome's key: 1 s of talk, and the menu is open

PERSON = f"""
[incoming]
exten => _2XXX,1,Ringing()
 same => n,Wait(0.1)
 same => n,Answer()
 same => n,Wait(0.4)
 same => n,SendDTMF(1,,120)
 same => n,Wait({TALK_AND_MENU})
 same => n,SendDTMF(2,,120)
 same => n,Wait(60)
"""


def phones(count: int) -> list[str]:
    return [str(2_000 + position) for position in range(count)]


class BusyDesk(Sandbox):
    def _configure(self, files: AsteriskFiles) -> None:
        super()._configure(files)
        at = f"{PHONES}:{self._slot.ports.phones_sip}"
        with (self.company.etc / "pjsip.conf").open("a", encoding="utf-8") as file:
            for phone in phones(PHONE_COUNT):
                file.write(f"[{phone}](collect-phone)\naors={phone}\n[{phone}]\ntype=aor\ncontact=sip:{phone}@{at}\n")
        with (self.world.etc / "extensions.conf").open("a", encoding="utf-8") as file:
            file.write(PERSON)

    @property
    def link(self) -> Link:
        return Link(host=self.company.ami_host, port=self.company.ami_port, username=self.company.username, secret_file=self.secret_file)


@contextmanager
def installation() -> Iterator[Installation]:
    """A folder as `collectord init` makes it."""
    with TemporaryDirectory(prefix="collectord-bench-") as folder:
        made = Installation(Path(folder) / "desk")
        made.command_init()
        yield made
