"""One Asterisk in a throw-away folder: started, watched, ended by its process id.

Owns the process and the files every Asterisk needs. Knows neither phones nor debtors.
Invariant: never two processes on one folder: start waits until the old one is gone.
"""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from .ami_client import AmiClient, AmiFailed, Message
from .asterisk_files import AsteriskFiles
from .unavailable import SandboxUnavailable

GONE_WITHIN = 15.0  # s between a signal and the end of the process
CONSOLE_USER = "sandbox"  # all rights; for tests and demo, never for collectord


class Pbx:
    """The company's PBX or the world. `username` and `secret` are collectord's account (the world has only the console's)."""

    def __init__(self, name: str, folder: Path, files: AsteriskFiles, *, host: str, ami: int, sip: int, rtp: tuple[int, int]) -> None:
        self.name = name
        self.folder = folder
        self.etc = folder / "etc"
        self.log = folder / "log/messages.log"
        self.ami_host = host
        self.ami_port = ami
        self.sip_host = host
        self.sip_port = sip
        self.username = CONSOLE_USER
        self.secret = secrets.token_urlsafe(18)
        self._console_secret = self.secret
        self._files = files
        self._rtp = rtp
        self._process: subprocess.Popen[bytes] | None = None
        self._ami: AmiClient | None = None
        self.on_pid: Callable[[int, bool], None] = lambda pid, alive: None
        for part in ("etc", "log", "run", "db", "spool", "data/sounds", "keys/keys", "agi"):
            (folder / part).mkdir(parents=True)

    # ------------------------------------------------------------ configuration

    def write_base(self, *, verbose: bool) -> None:
        """The files that do not depend on what this Asterisk is for."""
        here = self.folder
        if len(str(here / "run/asterisk.ctl")) > 100:
            raise SandboxUnavailable(f"the folder {here} has too long a name for a socket: set TMPDIR to a shorter one")
        for entry in ("documentation", "static-http", "rest-api"):
            if (self._files.data / entry).exists():
                (here / "data" / entry).symlink_to(self._files.data / entry)
        for language, place in self._files.sounds.items():
            (here / "data/sounds" / language).symlink_to(place)
        folders = {
            "astetcdir": self.etc,
            "astmoddir": self._files.modules,
            "astvarlibdir": here / "data",
            "astdatadir": here / "data",
            "astdbdir": here / "db",
            "astkeydir": here / "keys",
            "astagidir": here / "agi",
            "astspooldir": here / "spool",
            "astrundir": here / "run",
            "astlogdir": here / "log",
            "astsbindir": here,
        }
        lines = "".join(f"{key} => {value}\n" for key, value in folders.items())
        self.write("asterisk.conf", f"[directories]\n{lines}[options]\nnocolor=yes\nlive_dangerously=no\nhideconnect=yes\n")
        levels = "notice,warning,error,verbose(3)" if verbose else "notice,warning,error"
        self.write("logger.conf", f"[general]\ndateformat=%F %T.%3q\n[logfiles]\nmessages.log => {levels}\n")
        self.write("rtp.conf", f"[general]\nrtpstart={self._rtp[0]}\nrtpend={self._rtp[1]}\nicesupport=no\n")
        for name in ("cdr.conf", "cel.conf"):
            self.write(name, "[general]\nenable=no\n")
        self.write("acl.conf", "; none\n")
        shutil.copyfile(Path(__file__).with_name("overlay") / "indications.conf", self.etc / "indications.conf")
        for name in ("ccss.conf", "features.conf", "udptl.conf", "stasis.conf", "pjproject.conf", "http.conf", "cli.conf"):
            if not (self.etc / name).exists():
                self.write(name, "[general]\n")

    def console_account(self) -> str:
        """The text of the AMI account with all rights, for manager.conf."""
        access = "deny=0.0.0.0/0.0.0.0\npermit=127.0.0.0/255.0.0.0\nread=\nwrite=all\nwritetimeout=5000\n"
        return f"[{CONSOLE_USER}]\nsecret={self._console_secret}\n{access}"

    def write(self, name: str, text: str) -> None:
        path = self.etc / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if "secret" in text or "password" in text:
            path.chmod(0o600)

    # ------------------------------------------------------------ process

    @property
    def pid(self) -> int:
        """The living process's id; 0 when there is none."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    def start(self) -> None:
        """Starts, and starts again after `terminate` or `kill9`; does not wait until it answers."""
        self._wait_gone()
        with (self.folder / "log/console.log").open("ab") as console:
            self._process = subprocess.Popen(
                [*self._files.command, "-C", str(self.etc / "asterisk.conf"), "-f", "-n"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C on the terminal is for the owner, who then ends us
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )
        self.on_pid(self._process.pid, True)

    def wait_ready(self, timeout: float = 30.0) -> None:
        """Until every module is loaded and AMI answers."""
        deadline = time.monotonic() + timeout
        while True:
            if self._process is None or self._process.poll() is not None:
                raise SandboxUnavailable(f"the {self.name} Asterisk ended while it started: {self._last_words()}")
            try:
                self.ami().command("core waitfullybooted")
                return
            except AmiFailed as failure:
                self.hang_up_ami()
                if time.monotonic() > deadline:
                    late = f"did not answer within {timeout:.0f} s ({failure})"
                    raise SandboxUnavailable(f"the {self.name} Asterisk {late}: {self._last_words()}") from None
            time.sleep(0.02)

    def terminate(self) -> None:
        """SIGTERM, as the system does it; waits until the process is gone."""
        self._signal(signal.SIGTERM)
        self._wait_gone()

    def kill9(self) -> None:
        """SIGKILL; waits until the process is gone."""
        self._signal(signal.SIGKILL)
        self._wait_gone()

    def restart(self, timeout: float = 30.0) -> None:
        """Terminates when it runs, starts, waits until it is ready."""
        self.terminate()
        self.start()
        self.wait_ready(timeout)

    def _signal(self, number: signal.Signals) -> None:
        self.hang_up_ami()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _wait_gone(self) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(GONE_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.on_pid(self._process.pid, False)
        self._process = None

    def _last_words(self) -> str:
        lines: list[str] = []
        for path in (self.folder / "log/console.log", self.log):
            if path.exists():
                lines += path.read_text(encoding="utf-8", errors="replace").splitlines()
        telling = [line for line in lines if "ERROR" in line or "error" in line]
        return (telling or lines or ["it said nothing"])[-1].strip()

    # ------------------------------------------------------------ questions

    def ami(self) -> AmiClient:
        """The console's AMI line, opened when needed."""
        if self._ami is None:
            self._ami = AmiClient(self.ami_host, self.ami_port, CONSOLE_USER, self._console_secret)
        return self._ami

    def hang_up_ami(self) -> None:
        """Closes the console's AMI line."""
        if self._ami is not None:
            self._ami.close()
            self._ami = None

    def command(self, line: str) -> list[str]:
        """A command of the Asterisk console (`asterisk -rx`) and the lines it prints."""
        return self.ami().command(line)

    def core_show_channels(self) -> list[Message]:
        """Every live channel, as AMI lists it."""
        return self.ami().rows("CoreShowChannels")

    def contacts(self) -> dict[str, str]:
        """Registered phones: number -> SIP address; trunks are left out."""
        found = {}
        for line in self.command("pjsip show contacts"):
            words = line.split()
            if len(words) >= 2 and words[0] == "Contact:" and words[1][:1].isdigit():
                number, _, uri = words[1].partition("/")
                found[number] = uri
        return found

    def device_states(self) -> dict[str, str]:
        """Device -> state, as the company's PBX sees it (the world does not keep them)."""
        return {row["Device"]: row["State"] for row in self.ami().rows("DeviceStateList")}
