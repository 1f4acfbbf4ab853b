"""The sandbox: the company's PBX with the shipped dialplan, and the world around it, both real Asterisks on loopback.

Owns both processes, their throw-away folder and the hands of the people at the desk phones. Touches nothing outside the folder.
Invariant: whatever way the owner ends, no process and no folder stays behind (guard.py sees to it when the owner cannot).
"""

import contextlib
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from .ami_client import AmiFailed, Message
from .asterisk_files import AsteriskFiles, asterisk_files, checkout, to_stderr
from .company_config import NEVER_REGISTERED, write_company
from .journal import WorldEvent, read_journal
from .pbx import Pbx
from .ports import COMPANY, PHONES, Slot
from .private_apt import Say
from .unavailable import SandboxUnavailable
from .world_config import write_world

REGISTERED = tuple(str(number) for number in range(201, 211))
KEY_FOR_MS = 120  # RFC 4733 wants at least 40; Asterisk swallows less than 80
KEY_GAP = 0.25  # s between the beginnings of two keys pressed by `press`


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureCall:
    """A desk phone's call to a feature code."""

    answered: bool
    seconds: float  # from the answer to the end
    hung_up_by_pbx: bool


class Sandbox:
    """`with Sandbox() as sandbox:` starts both; `company` and `world` are the two Asterisks.

    `verbose` writes every dialplan step into the Asterisk logs.
    """

    def __init__(self, *, shipped: Path | None = None, verbose: bool = False, say: Say = to_stderr) -> None:
        self._shipped = shipped or checkout()
        self._verbose = verbose
        self._say = say
        self._names = count(1)
        self.phone_secrets = {number: secrets.token_urlsafe(12) for number in (*REGISTERED, NEVER_REGISTERED)}

    # ------------------------------------------------------------ life

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Starts both Asterisks and returns when the phones are registered. Raises SandboxUnavailable."""
        files = asterisk_files(say=self._say)
        self.version = files.version
        self.origin = files.origin
        self._slot = Slot()
        self.folder = Path(tempfile.mkdtemp(prefix="collectord-sandbox-"))
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py")), str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._configure(files)
            for pbx in (self.company, self.world):
                pbx.start()
            for pbx in (self.company, self.world):
                pbx.wait_ready()
            self.wait_registered(*REGISTERED)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends both processes and removes the folder; may be called twice."""
        for name in ("world", "company"):
            pbx: Pbx | None = getattr(self, name, None)
            if pbx is not None:
                pbx.kill9()
        if self._guard.stdin is not None and not self._guard.stdin.closed:
            self._guard.stdin.close()
        self._guard.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._slot.release()

    def _configure(self, files: AsteriskFiles) -> None:
        ports = self._slot.ports
        self.journal_path = self.folder / "world-journal.txt"
        self.journal_path.touch()  # FILE() appends only to a file that exists
        home = self.folder
        self.company = Pbx(
            "company", home / "company", files, host=COMPANY, ami=ports.company_ami, sip=ports.company_sip, rtp=ports.company_rtp
        )
        self.company.username, self.company.secret = "collectord", secrets.token_urlsafe(18)
        self.world = Pbx("world", home / "world", files, host=PHONES, ami=ports.world_ami, sip=ports.phones_sip, rtp=ports.world_rtp)
        self.secret_file = self.folder / "ami.secret"  # what a configuration's secret_file may name
        self.secret_file.touch(mode=0o600)
        self.secret_file.write_text(self.company.secret + "\n", encoding="utf-8")
        write_company(
            self.company.etc,
            self.company.folder / "data",
            shipped=self._shipped,
            ports=ports,
            phones=self.phone_secrets,
            ami_secret=self.company.secret,
            console=self.company.console_account(),
        )
        registered = {number: self.phone_secrets[number] for number in REGISTERED}
        write_world(self.world.etc, ports=ports, phones=registered, home=Path(__file__).with_name("world"), journal=self.journal_path)
        general = f"[general]\nenabled=yes\nwebenabled=no\nbindaddr={PHONES}\nport={ports.world_ami}\n"
        self.world.write("manager.conf", general + self.world.console_account())
        for pbx in (self.company, self.world):
            pbx.write_base(verbose=self._verbose)
            pbx.on_pid = self._tell_guard

    def _tell_guard(self, pid: int, alive: bool) -> None:
        if self._guard.stdin is not None and not self._guard.stdin.closed:
            self._guard.stdin.write(f"{'+' if alive else '-'}{pid}\n".encode())
            self._guard.stdin.flush()

    # ------------------------------------------------------------ phones

    def register(self, *phones: str, timeout: float = 60.0) -> None:
        """Registers world phones at the company's PBX and waits until it knows them."""
        for phone in phones:
            self.world.ami().action("PJSIPRegister", Registration=f"reg{phone}")
        self.wait_registered(*phones, timeout=timeout)

    def unregister(self, *phones: str, timeout: float = 60.0) -> None:
        """Unregisters world phones and waits until the company's PBX has forgotten them."""
        for phone in phones:
            self.world.ami().action("PJSIPUnregister", Registration=f"reg{phone}")
        self._until(lambda: not set(phones) & set(self.company.contacts()), timeout, f"phones {', '.join(phones)} stayed registered")

    def wait_registered(self, *phones: str, timeout: float = 60.0) -> None:
        """Until the company's PBX knows these phones and would ring them (after its restart it first asks each phone: a second)."""
        try:
            self._until(lambda: set(phones) <= self.reachable(), timeout, "not all phones registered")
        except SandboxUnavailable as late:
            known, states = self.company.contacts(), self.company.device_states()
            missing = sorted(set(phones) - self.reachable())
            told = [f"{phone} ({known.get(phone, 'no contact')}, {states.get(f'PJSIP/{phone}', 'no device')})" for phone in missing]
            raise SandboxUnavailable(f"{late}: {', '.join(told)}") from None

    def reachable(self) -> set[str]:
        """The phones that are registered and answer."""
        states = self.company.device_states()
        return {
            phone
            for phone in self.company.contacts()
            if states.get(f"PJSIP/{phone}", "UNAVAILABLE") not in ("UNAVAILABLE", "INVALID", "UNKNOWN")
        }

    def press(self, phone: str, keys: str) -> None:
        """Presses keys on the call that a phone is on: real DTMF, as long as the keys take."""
        channel = self._phone_channel(phone)
        for key in keys:
            self.world.ami().action("PlayDTMF", Channel=channel, Digit=key, Duration=str(KEY_FOR_MS))
            time.sleep(KEY_GAP)

    def hang_up(self, phone: str) -> None:
        """Hangs up the call that a phone is on."""
        self.world.ami().action("Hangup", Channel=self._phone_channel(phone))

    def dial_feature(
        self, code: str, *, phone: str = "201", keys: str = "", delay: float = 1.0, stay: float = 30.0, timeout: float = 60.0
    ) -> FeatureCall:
        """A phone dials a feature code and presses `keys` `delay` s after the answer (a dash: listen half a second).

        Returns when the call has ended: the PBX hung up, or the phone did after `stay` s.
        """
        name = self.start_feature(code, phone=phone, keys=keys, delay=delay, stay=stay)
        if name is None:
            return FeatureCall(answered=False, seconds=0.0, hung_up_by_pbx=False)
        self._until(lambda: bool(self.events("feature-end", call=name)), timeout, f"phone {phone}'s call to {code} did not end")
        up, end = self.events("feature-up", call=name)[0].at, self.events("feature-end", call=name)[0].at
        return FeatureCall(answered=True, seconds=end - up, hung_up_by_pbx=end - up < delay + stay)

    def start_feature(self, code: str, *, phone: str = "201", keys: str = "", delay: float = 1.0, stay: float = 30.0) -> str | None:
        """As `dial_feature`, but returns once the call is answered: its name, or None when it was refused."""
        name = f"feature-{next(self._names)}"
        try:
            self.world.ami().action(
                "Originate",
                Channel=f"PJSIP/{code}@desk{phone}",
                ChannelId=name,
                Context="feature",
                Exten="s",
                Priority="1",
                Timeout="8000",  # below the 10 s for which AmiClient waits
                variables={"PHONE": phone, "KEYS": keys, "DELAY": str(delay), "STAY": str(stay)},
            )
        except AmiFailed:
            return None
        self._until(lambda: bool(self.events("feature-up", call=name)), 5.0, f"phone {phone}'s call to {code} was lost")
        return name

    def call_back(self, debtor: str, *, to: str = "+493012345600", talks: float = 4.0, withheld: bool = False) -> None:
        """A debtor calls one of the company's numbers and hangs up `talks` s after somebody answered. Does not wait."""
        self.world.ami().action(
            "Originate",
            Channel=f"PJSIP/{to}@line",
            ChannelId=f"caller-{next(self._names)}",
            Context="caller",
            Exten="s",
            Priority="1",
            Timeout="60000",
            Async="true",
            CallerID="<anonymous>" if withheld else f"<{debtor}>",
            variables={"DEBTOR": debtor, "TALKS": str(talks)},
        )

    def press_caller(self, debtor: str, keys: str) -> None:
        """A debtor who calls the company presses keys: real DTMF, as long as the keys take."""
        rows = self.world.ami().rows("Status", Variables="DEBTOR")
        channel = next(
            row["Channel"] for row in rows if row.get("Variable") == f"DEBTOR={debtor}" and row["Uniqueid"].startswith("caller-")
        )
        for key in keys:
            self.world.ami().action("PlayDTMF", Channel=channel, Digit=key, Duration=str(KEY_FOR_MS))
            time.sleep(KEY_GAP)

    def caller_hears(self, debtor: str) -> str:
        """The prompt that the company's PBX plays to this caller now, "" when it plays none."""
        for row in self.company.core_show_channels():
            if row.get("CallerIDNum") == debtor and (said := re.search(r"coll/([a-z0-9-]+)", row.get("ApplicationData", ""))):
                return said[1]
        return ""

    def _phone_channel(self, phone: str) -> str:
        for row in self.phone_calls():
            if row["phone"] == phone:
                return row["Channel"]
        raise LookupError(f"phone {phone} is on no call")

    def phone_calls(self) -> list[Message]:
        """The world's channels that belong to desk phones, each with `phone` added."""
        rows = []
        for row in self.world.ami().rows("Status", Variables="PHONE"):
            phone = row.get("Variable", "").removeprefix("PHONE=")
            if phone:
                rows.append({**row, "phone": phone})
        return rows

    # ------------------------------------------------------------ what happened

    def events(self, event: str = "", *, who: str = "", call: str = "", since: float = 0.0) -> list[WorldEvent]:
        """The world's journal, oldest first, narrowed by what is given."""
        return [
            line
            for line in read_journal(self.journal_path)
            if (not event or line.event == event) and (not who or line.who == who) and (not call or line.call == call) and line.at >= since
        ]

    def sip_invites(self) -> list[str]:
        """The numbers of debtors for which an INVITE reached the world, oldest first, once per INVITE."""
        return [line.who for line in self.events("invite")]

    def phone_rings(self, phone: str = "") -> list[WorldEvent]:
        """The INVITEs that desk phones received, with the caller that they showed."""
        return self.events("ring", who=phone)

    def wait_for(self, event: str, *, who: str = "", since: float = 0.0, timeout: float = 20.0) -> WorldEvent:
        """The first such line of the journal, as soon as it is there."""
        self._until(lambda: bool(self.events(event, who=who, since=since)), timeout, f"the world saw no {event} {who}")
        return self.events(event, who=who, since=since)[0]

    @contextlib.contextmanager
    def seen(self) -> Iterator[Callable[[str], list[WorldEvent]]]:
        """Inside the block, `seen("invite")` gives only what happened since its beginning."""
        before = len(read_journal(self.journal_path))
        yield lambda event: [line for line in read_journal(self.journal_path)[before:] if line.event == event]

    def _until(self, true: Callable[[], bool], timeout: float, otherwise: str) -> None:
        deadline = time.monotonic() + timeout
        while not true():
            for pbx in (self.company, self.world):
                if not pbx.pid:
                    raise SandboxUnavailable(f"the {pbx.name} Asterisk is not running, and {otherwise}")
            if time.monotonic() > deadline:
                raise SandboxUnavailable(f"{otherwise} within {timeout:.0f} s")
            time.sleep(0.05)
