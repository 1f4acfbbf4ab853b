"""Packages of the machine's own distribution, fetched and unpacked by an ordinary user.

Owns a throw-away apt state derived from the machine's apt configuration. Touches nothing outside the folder it is given.
Invariant: no mirror, key or proxy is known here; all of them come from the machine. Standard library only: it runs before the venv exists.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .unavailable import SandboxUnavailable

INSTEAD = "install asterisk 20.6 or newer and put it on PATH"
Say = Callable[[str], None]
UPDATE_WITHIN = 240  # s; a mirror that does not answer must not hang a demo
DOWNLOAD_WITHIN = 900  # s; about 90 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One enabled binary source of the machine."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str  # a key file; empty: the machine's trusted keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """What /etc/os-release says, reduced to what choosing a suite needs."""

    family: str  # "debian" or "ubuntu"
    codename: str


def read_sources(etc: Path = Path("/etc/apt")) -> list[Source]:
    """Every enabled binary source, one-line files first, as apt itself reads them."""
    found: list[Source] = []
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*.list"))]:
        if path.is_file():
            found += _one_line_sources(_text(path))
    for path in sorted((etc / "sources.list.d").glob("*.sources")):
        found += _deb822_sources(_text(path))
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""  # a source that this user may not read is none for this user


def _one_line_sources(text: str) -> Iterable[Source]:
    for raw in text.splitlines():
        line = raw.split("#", 1)[0].strip()
        match = re.match(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)$", line)
        if match:
            options = dict(part.split("=", 1) for part in (match[1] or "").split() if "=" in part)
            yield Source(
                uri=match[2],
                suites=(match[3],),
                components=tuple(match[4].split()),
                signed_by=_key_file(options.get("signed-by", "")),
            )


def _deb822_sources(text: str) -> Iterable[Source]:
    for stanza in re.split(r"\n[ \t]*\n", "\n".join(line for line in text.splitlines() if not line.startswith("#"))):
        fields: dict[str, str] = {}
        key = ""
        for line in stanza.splitlines():
            if line[:1] in (" ", "\t"):
                fields[key] = f"{fields.get(key, '')}\n{line.strip()}"
            elif ":" in line:
                key, _, value = line.partition(":")
                key = key.strip().lower()
                fields[key] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        for uri in fields.get("uris", "").split():
            yield Source(
                uri=uri,
                suites=tuple(fields.get("suites", "").split()),
                components=tuple(fields.get("components", "").split()),
                signed_by=_key_file(fields.get("signed-by", "")),
            )


def _key_file(value: str) -> str:
    """The key file that a source names; a key written into the source itself, or a fingerprint, is left to the machine's trusted keys."""
    first = value.split(",")[0].strip()
    return first if first.startswith("/") and os.access(first, os.R_OK) else ""


def distribution(os_release: Path = Path("/etc/os-release")) -> Distribution:
    """Debian or Ubuntu and its codename, also for their derivatives."""
    fields = {}
    for line in _text(os_release).splitlines():
        key, mark, value = line.partition("=")
        if mark:
            fields[key] = value.strip().strip('"')
    names = {fields.get("ID", ""), *fields.get("ID_LIKE", "").split()}
    if "ubuntu" in names:
        return Distribution(family="ubuntu", codename=fields.get("UBUNTU_CODENAME") or fields.get("VERSION_CODENAME", ""))
    if "debian" in names:
        return Distribution(family="debian", codename=fields.get("DEBIAN_CODENAME") or fields.get("VERSION_CODENAME", ""))
    raise SandboxUnavailable(f"this is neither Debian nor Ubuntu, so no Asterisk can be fetched: {INSTEAD}")


def mirror(sources: Iterable[Source], system: Distribution) -> Source:
    """The machine's main archive: the source of its own release, not of security fixes and not of a third party."""
    plain = {system.codename} if system.family == "ubuntu" else {system.codename, "stable", "testing", "unstable", "sid", "forky", "trixie"}
    component = "universe" if system.family == "ubuntu" else "main"
    usable = [s for s in sources if not s.uri.startswith("cdrom:") and plain & set(s.suites)]
    for source in usable:
        if component in source.components:
            return source
    for source in usable:
        if "main" in source.components:
            return source  # Ubuntu without universe switched on: same archive, the component is asked for all the same
    raise SandboxUnavailable(f"no apt source of {system.family} {system.codename} is in /etc/apt: {INSTEAD}")


def suites_to_try(system: Distribution) -> list[str]:
    """Debian stable has no Asterisk: the next release, else unstable. Ubuntu has it in every release."""
    return [system.codename] if system.family == "ubuntu" else ["forky", "sid"]


class PrivateApt:
    """An apt of our own in one folder: own lists, own cache, an empty set of installed packages."""

    def __init__(self, folder: Path, say: Say) -> None:
        for tool in ("apt-get", "apt-config", "dpkg"):
            if shutil.which(tool) is None:
                raise SandboxUnavailable(f"{tool} is not on this machine, so no Asterisk can be fetched: {INSTEAD}")
        self._folder = folder
        self._say = say
        self._system = distribution()
        self._source = mirror(read_sources(), self._system)
        self.suite = ""

    def download(self, packages: list[str]) -> list[Path]:
        """The packages and all they need, from the first suite that has them."""
        reasons = []
        for suite in suites_to_try(self._system):
            self._lay_out(suite)
            self._say(f"asking the machine's own archive for {packages[0]} in {self._system.family} {suite}")
            trouble = self._apt("update", within=UPDATE_WITHIN) or self._apt(
                "-y", "--no-install-recommends", "--download-only", "install", *packages, within=DOWNLOAD_WITHIN
            )
            if not trouble:
                self.suite = suite
                return sorted((self._folder / "cache/archives").glob("*.deb"))
            reasons.append(f"{suite}: {trouble}")
        raise SandboxUnavailable(f"apt could not fetch {packages[0]} ({'; '.join(reasons)}): is the network there?")

    def _lay_out(self, suite: str) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        for part in ("lists/partial", "cache/archives/partial", "etc/conf.d", "etc/sources.d", "etc/preferences.d"):
            (self._folder / part).mkdir(parents=True)
        (self._folder / "status").touch()
        signed = self._source.signed_by or self._usual_keyring()
        option = f"[signed-by={signed}] " if signed else ""
        component = "main universe" if self._system.family == "ubuntu" else "main"
        (self._folder / "etc/sources.list").write_text(f"deb {option}{self._source.uri} {suite} {component}\n", encoding="utf-8")
        (self._folder / "apt.conf").write_text(self._configuration(), encoding="utf-8")

    def _usual_keyring(self) -> str:
        path = f"/usr/share/keyrings/{self._system.family}-archive-keyring.gpg"
        return path if os.access(path, os.R_OK) else ""

    def _configuration(self) -> str:
        """The machine's way to the network (proxies, certificates), none of its hooks, everything else in our folder."""
        dump = _said("apt-config", "dump")
        kept = [
            line
            for line in dump.splitlines()
            if line.startswith("Acquire::") and not line.startswith(("Acquire::IndexTargets", "Acquire::Changelogs", "Acquire::Languages"))
        ]
        here = self._folder
        own = {
            "Dir::State": f"{here}/state",
            "Dir::State::lists": f"{here}/lists",
            "Dir::State::status": f"{here}/status",
            "Dir::Cache": f"{here}/cache",
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": f"{here}/etc/conf.d",
            "Dir::Etc::sourcelist": f"{here}/etc/sources.list",
            "Dir::Etc::sourceparts": f"{here}/etc/sources.d",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": f"{here}/etc/preferences.d",
            "Debug::NoLocking": "true",
            "APT::Sandbox::User": "root",  # run by root, the unprivileged download user could not write into our folder
            "APT::Update::Error-Mode": "any",
            "Acquire::Retries": "2",
            "Acquire::http::Timeout": "20",
            "Acquire::https::Timeout": "20",
            "Acquire::Languages": "none",
        }
        architecture = _said("dpkg", "--print-architecture").strip()
        lines = [*kept, *(f'{key} "{value}";' for key, value in own.items())]
        if architecture:
            lines.append(f'APT::Architectures {{ "{architecture}"; }};')
        return "\n".join(lines) + "\n"

    def _apt(self, *arguments: str, within: int) -> str:
        """Runs apt-get; the empty string, or the first error in apt's own words."""
        environment = {**os.environ, "APT_CONFIG": str(self._folder / "apt.conf"), "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        try:
            done = subprocess.run(
                ["apt-get", "-q", *arguments],
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                check=False,
                timeout=within,
            )
        except subprocess.TimeoutExpired:
            return f"no answer within {within} s"
        if done.returncode == 0:
            return ""
        errors = [line[3:].strip() for line in done.stderr.splitlines() if line.startswith("E: ")]
        return (errors or [f"apt-get ended with {done.returncode}"])[0]


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=30).stdout


def unpack(debs: list[Path], root: Path) -> None:
    """`dpkg -x` of every package into one folder, on both cores."""
    root.mkdir(parents=True, exist_ok=True)

    def one(deb: Path) -> str:
        done = subprocess.run(["dpkg", "-x", str(deb), str(root)], capture_output=True, text=True, errors="replace", check=False)
        return done.stderr.strip().splitlines()[-1] if done.returncode else ""

    # usrmerge: packages bring /bin, /lib and /sbin as links into /usr or as folders, depending on their age; make them links first
    for name in ("bin", "lib", "sbin", "lib64"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        if not (root / name).exists():
            (root / name).symlink_to(f"usr/{name}")
    with ThreadPoolExecutor(max_workers=2) as pool:
        troubles = [trouble for trouble in pool.map(one, debs) if trouble]
    if troubles:
        raise SandboxUnavailable(f"unpacking the packages failed: {troubles[0]}")
