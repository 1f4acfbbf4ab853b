"""A real Asterisk without root: the one on PATH, or the distribution's, unpacked into a cached folder.

Owns the cache folder (`.sandbox/` of the checkout, or COLLECTORD_SANDBOX_CACHE). Touches nothing else. Standard library only.
Invariant: a cache that carries a stamp is complete: it is filled under a lock, in a folder of its own, which is renamed at the end.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .private_apt import PrivateApt, Say, unpack
from .unavailable import SandboxUnavailable

PACKAGES = ["asterisk", "asterisk-modules", "asterisk-core-sounds-en-gsm", "asterisk-prompt-de", "sip-tester"]
OLDEST = (20, 6)  # PJSIPHangup, with which the world declines (603), came with 20.6
LAYOUT = 1  # raised when the form of the cache changes: older caches are left alone and filled anew
LOCK_WITHIN = 1200  # s; another process is fetching
NEEDED_MODULES = ("chan_pjsip.so", "res_pjsip_outbound_registration.so", "app_senddtmf.so", "app_dial.so", "func_hangupcause.so")

# What Asterisk's German speech asks for and the German prompts lack, and the file that says the same.
GERMAN_TWINS = {"digits/1N": "digits/ein", "digits/1M": "digits/1", "digits/and": "digits/1-and", "minute": "minutes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AsteriskFiles:
    """How to run this Asterisk, and where its parts are."""

    command: tuple[str, ...]  # put arguments behind it
    modules: Path
    data: Path  # has documentation/, without which PJSIP does not load, and static-http/
    sounds: dict[str, Path]  # language -> folder
    version: str
    origin: str  # "PATH" or the suite
    sipp: tuple[str, ...]  # empty when there is none


def checkout() -> Path:
    """The folder that holds examples/, dialplan/ and asterisk-config/."""
    return Path(__file__).resolve().parents[2]


def cache_folder() -> Path:
    """Where fetched files stay: one folder may serve many checkouts."""
    named = os.environ.get("COLLECTORD_SANDBOX_CACHE", "")
    return Path(named).expanduser().resolve() if named else checkout() / ".sandbox"


def to_stderr(line: str) -> None:
    print(f"sandbox: {line}", file=sys.stderr, flush=True)


def asterisk_files(*, say: Say = to_stderr, refresh: bool = False) -> AsteriskFiles:
    """An Asterisk that runs: from PATH, from the cache, or fetched now. Raises SandboxUnavailable with one sentence."""
    installed, why_not = _installed()
    if installed is not None:
        return installed
    if why_not:
        say(why_not)
    cache = cache_folder()
    if not refresh and (cached := _cached(cache)) is not None:
        return cached
    _fill(cache, say, refresh)
    cached = _cached(cache)
    if cached is None:
        raise SandboxUnavailable(f"the Asterisk fetched into {cache} does not run on this machine: delete that folder and try again")
    return cached


# ---------------------------------------------------------------- installed


def _installed() -> tuple[AsteriskFiles | None, str]:
    """The Asterisk on PATH, or why it is not used (empty: there is none)."""
    binary = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if binary is None:
        return None, ""
    version = _version_of((binary,))
    if _numbers(version) < OLDEST:
        return None, f"the installed {version or 'asterisk'} is older than {OLDEST[0]}.{OLDEST[1]} and is left alone"
    configured = _configured_folders(Path("/etc/asterisk/asterisk.conf"))
    modules = _first_with("chan_pjsip.so", [configured.get("astmoddir"), *_module_folders(Path("/"))])
    data = _first_with("documentation", [configured.get("astdatadir"), Path("/usr/share/asterisk"), Path("/var/lib/asterisk")])
    if modules is None or data is None:
        return None, f"the installed {version} has no PJSIP modules or no documentation folder that can be read, and is left alone"
    missing = [name for name in NEEDED_MODULES if not (modules / name).exists()]
    if missing:
        return None, f"the installed {version} lacks {', '.join(missing)}, and is left alone"
    sounds = _sounds(data / "sounds")
    if set(sounds) != {"de", "en"}:
        return None, f"the installed {version} lacks the German or the English prompts, and is left alone"
    sipp = shutil.which("sipp")
    return AsteriskFiles(
        command=(binary,), modules=modules, data=data, sounds=sounds, version=version, origin="PATH", sipp=(sipp,) if sipp else ()
    ), ""


def _configured_folders(path: Path) -> dict[str, Path]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    return {key: Path(value) for key, value in re.findall(r"^\s*(ast\w+dir)\s*=>?\s*(\S+)", text, re.MULTILINE)}


def _module_folders(root: Path) -> list[Path]:
    patterns = ("usr/lib/*/asterisk/modules", "usr/lib/asterisk/modules", "usr/lib64/asterisk/modules", "usr/local/lib/asterisk/modules")
    return [path for pattern in patterns for path in sorted(root.glob(pattern))]


def _first_with(name: str, folders: list[Path | None]) -> Path | None:
    return next((folder for folder in folders if folder is not None and (folder / name).exists()), None)


def _sounds(folder: Path) -> dict[str, Path]:
    """Languages found: dpkg -x makes no alternatives, so English may only be there under its speaker's name."""
    found = {}
    for language, names in {"en": ("en", "en_US_f_Allison", "en_US"), "de": ("de", "de_DE")}.items():
        for name in names:
            if (folder / name / "digits").is_dir():
                found[language] = folder / name
                break
    return found


def _version_of(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run([*command, "-V"], capture_output=True, text=True, errors="replace", check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else ""


def _numbers(version: str) -> tuple[int, int]:
    match = re.search(r"(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


# ---------------------------------------------------------------- cached


def _cached(cache: Path) -> AsteriskFiles | None:
    place = cache / f"asterisk-{LAYOUT}"
    try:
        stamp = json.loads((place / "STAMP.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    root = place / "root"
    loader = _loader(root)
    if loader is None:
        return None
    command = (*loader, str(root / "usr/sbin/asterisk"))
    modules = _first_with("chan_pjsip.so", list(_module_folders(root)))
    sounds = _sounds(place / "sounds")
    version = _version_of(command)
    if modules is None or set(sounds) != {"de", "en"} or not version:
        return None
    sipp = root / "usr/bin/sipp"
    return AsteriskFiles(
        command=command,
        modules=modules,
        data=root / "usr/share/asterisk",
        sounds=sounds,
        version=version,
        origin=f"{stamp['suite']}, unpacked",
        sipp=(*loader, str(sipp)) if sipp.exists() else (),
    )


def _loader(root: Path) -> tuple[str, ...] | None:
    """The unpacked release's own dynamic linker and libraries: the machine's may be years older."""
    for path in sorted(root.glob("usr/lib/*/ld-linux*.so.*")):
        return (str(path), "--library-path", str(path.parent))
    return None


# ---------------------------------------------------------------- filling


@contextmanager
def _locked(cache: Path, say: Say) -> Iterator[None]:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        handle = (cache / "lock").open("a")
    except OSError as error:
        why = f"cannot write the cache folder {cache} ({error.strerror})"
        raise SandboxUnavailable(f"{why}: name another one in COLLECTORD_SANDBOX_CACHE") from error
    with handle:
        told = False
        deadline = time.monotonic() + LOCK_WITHIN
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise SandboxUnavailable(f"another process fills {cache} for {LOCK_WITHIN} s already: end it and try again") from None
                if not told:
                    say(f"another process is filling {cache}, waiting for it")
                    told = True
                time.sleep(0.5)
        yield


def _fill(cache: Path, say: Say, refresh: bool) -> None:
    with _locked(cache, say):
        place = cache / f"asterisk-{LAYOUT}"
        if not refresh and _cached(cache) is not None:
            return  # filled while we waited for the lock
        for leftover in cache.glob(".new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        began = time.monotonic()
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=cache))
        new.chmod(0o755)
        try:
            apt = PrivateApt(new / "apt", say)
            debs = apt.download(PACKAGES)
            size = sum(deb.stat().st_size for deb in debs)
            say(f"{len(debs)} packages, {size / 1e6:.0f} MB, here after {time.monotonic() - began:.0f} s; unpacking")
            unpack(debs, new / "root")
            _lay_out_sounds(new)
            package = next((deb.name.split("_")[1].replace("%3a", ":") for deb in debs if deb.name.startswith("asterisk_")), "?")
            shutil.rmtree(new / "apt")
            (new / "STAMP.json").write_text(json.dumps({"suite": apt.suite, "package": package, "layout": LAYOUT}) + "\n", encoding="utf-8")
            if place.exists():
                place.rename(new / "old")
            new.rename(place)
        except OSError as error:
            raise SandboxUnavailable(f"filling {cache} failed: {error.strerror} ({error.filename})") from error
        finally:
            shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(place / "old", ignore_errors=True)
        say(f"Asterisk {package} from {apt.suite} is in {place} after {time.monotonic() - began:.0f} s")


def _lay_out_sounds(new: Path) -> None:
    """sounds/en is the speaker's folder; sounds/de has every file: what the German prompts lack is taken from the English ones."""
    shipped = new / "root/usr/share/asterisk/sounds"
    english = _sounds(shipped).get("en")
    german = _sounds(shipped).get("de")
    if english is None or german is None:
        raise SandboxUnavailable("the fetched packages lack the German or the English prompts: were they renamed?")
    (new / "sounds").mkdir()
    (new / "sounds/en").symlink_to(os.path.relpath(english, new / "sounds"))
    target = new / "sounds/de"
    shutil.copytree(german, target)
    for name, twin in GERMAN_TWINS.items():
        source = target / f"{twin}.gsm"
        if source.is_file() and not (target / f"{name}.gsm").exists():
            shutil.copyfile(source, target / f"{name}.gsm")
    for path in english.rglob("*.gsm"):
        copy = target / path.relative_to(english)
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
