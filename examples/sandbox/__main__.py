"""`python -m sandbox`: a running sandbox PBX to register a soft phone with (`make pbx-shell`), or only the fetching of Asterisk.

Owns arguments and printing. Touches nothing by itself.
Invariant: whatever ends it, Ctrl-C or SIGTERM, both Asterisks end with it.
"""

import argparse
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from .ami_client import AmiFailed
from .asterisk_files import asterisk_files, cache_folder, to_stderr
from .both import REGISTERED, Sandbox
from .private_apt import PrivateApt, unpack
from .unavailable import SandboxUnavailable

SOFT_PHONE = "210"  # taken from the world, for the person at this machine
FEATURES = {
    "*80": "log in (asks for the PIN)",
    "*81": "log out",
    "*82": "pause, then the key of the reason (*821 … *829: at once)",
    "*83": "resume",
    "*84": "next case",
    "*85": "key the outcome of the last call",
    "*88": "the phone answers by itself, or no longer",
    "*86": "and the agent's id: log in, pause or go on, as the key with the lamp does",
    "*87": "stay on an open line; `201 -` hangs up, `201 2` presses a key",
}
CODE = re.compile(r"\*8[0-58]|\*82[1-9]|\*86[0-9]+", re.ASCII)
KEYS = re.compile(r"[0-9*#]+", re.ASCII)
OPEN_LINE, A_SHIFT = "*87", 8 * 3600.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A company PBX and the world around it, on loopback.")
    parser.add_argument("--fetch-only", action="store_true", help="only make sure that an Asterisk is there, and say which")
    parser.add_argument("--refresh", action="store_true", help="fetch the distribution's current Asterisk even when one is cached")
    parser.add_argument("--pip-wheels", action="store_true", help="fetch pip's wheel for a Python without ensurepip, print its folder")
    parser.add_argument("--verbose", action="store_true", help="write every dialplan step into the Asterisk logs")
    wanted = parser.parse_args()
    try:
        if wanted.pip_wheels:
            print(_pip_wheels(cache_folder().with_name(".sandbox") / "pip"))
            return 0
        if wanted.fetch_only or wanted.refresh:
            files = asterisk_files(refresh=wanted.refresh)
            print(f"{files.version} from {files.origin}" + ("" if files.origin == "PATH" else f", cached in {cache_folder()}"))
            if wanted.fetch_only:
                return 0
        with Sandbox(verbose=wanted.verbose) as sandbox:
            signal.signal(signal.SIGTERM, _interrupted)
            sandbox.unregister(SOFT_PHONE)
            print(_directions(sandbox), flush=True)
            _dial_what_is_typed(sandbox)
            while True:
                signal.pause()
    except SandboxUnavailable as trouble:
        print(f"sandbox: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nboth Asterisks are ended, their folder is removed")
    return 0


def _pip_wheels(folder: Path) -> Path:
    wheels = folder / "root/usr/share/python-wheels"
    if not any(wheels.glob("pip-*.whl")):
        folder.mkdir(parents=True, exist_ok=True)
        unpack(PrivateApt(folder, to_stderr).download(["python3-pip-whl"]), folder / "root")
    return wheels


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _dial_what_is_typed(sandbox: Sandbox) -> None:
    """Until the terminal's end of file: `201 *80 4711` lets phone 201 dial a feature code and key digits."""
    for line in sys.stdin:
        match line.split():
            case []:
                pass
            case [phone, code, *digits] if phone in REGISTERED and CODE.fullmatch(code) and len(digits) < 2:
                call = sandbox.dial_feature(code, phone=phone, keys=f"{digits[0]}#" if digits else "")
                print(f"{phone} {code}: {'answered' if call.answered else 'not answered'}, {call.seconds:.0f} s", flush=True)
            case [phone, code] if phone in REGISTERED and code == OPEN_LINE:
                call_to_line = sandbox.start_feature(code, phone=phone, stay=A_SHIFT)
                print(f"{phone} {code}: {'stays on the line' if call_to_line else 'not answered'}", flush=True)
            case [phone, "-"] if phone in REGISTERED:
                _try(lambda phone=phone: sandbox.hang_up(phone), f"{phone} has hung up")  # type: ignore[misc]
            case [phone, keys] if phone in REGISTERED and KEYS.fullmatch(keys):
                _try(lambda phone=phone, keys=keys: sandbox.press(phone, keys), f"{phone} pressed {keys}")  # type: ignore[misc]
            case _:
                print("type PHONE CODE [DIGITS], for example: 201 *80 4711", flush=True)


def _try(deed: Callable[[], object], done: str) -> None:
    try:
        deed()
    except (AmiFailed, LookupError, TimeoutError) as error:
        done = f"not possible: {error}"
    print(done, flush=True)


def _directions(sandbox: Sandbox) -> str:
    company = sandbox.company
    others = [number for number in REGISTERED if number != SOFT_PHONE]
    codes = "\n".join(f"    {code}  {what}" for code, what in FEATURES.items())
    return f"""{sandbox.version} ({sandbox.origin}) runs twice: the company's PBX and the world.

Register a soft phone on this machine:
    server    {company.sip_host}:{company.sip_port} (UDP)
    user      {SOFT_PHONE}
    password  {sandbox.phone_secrets[SOFT_PHONE]}
    codecs    A-law or u-law; keys as RFC 4733 ("RTP events")
Dial
{codes}
The world plays the phones {others[0]}-{others[-1]} and every debtor; what the last digits of a number do:
docs/INTERNALS.md section 2. No soft phone at hand? Type here what a phone shall dial, for example
    {others[0]} *80 4711

Point collectord at it (sandbox = true):
    [[pbx]]
    name = "main"
    kind = "asterisk"
    host = "{company.ami_host}"
    port = {company.ami_port}
    username = "{company.username}"
    secret_file = "{sandbox.secret_file}"
The [[agent]] with the soft phone has endpoint = "PJSIP/{SOFT_PHONE}".

Logs: {company.log}
      {sandbox.world.log}
      {sandbox.journal_path} (every call that a phone or a debtor received)
Ctrl-C ends both."""


if __name__ == "__main__":
    sys.exit(main())
