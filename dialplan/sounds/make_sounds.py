#!/usr/bin/env python3
"""Turns the sentence lists de.txt and en.txt into the prompt files de/ and en/ (8 kHz, mono, u-law).

Owns the speech synthesis of the shipped prompts. Touches nothing outside its own folder and the work folder given.
Invariant: the folders hold exactly the files that the lists name, so that a renamed sentence leaves no orphan behind.

    python dialplan/sounds/make_sounds.py [--work DIR] [de] [en]

Speech comes from SVOX Pico, trimming and resampling from sox. Where they are not installed (Debian: libttspico0, libttspico-data in the
component non-free; sox) they are fetched without root through a private apt state from the machine's own mirror and unpacked into the
work folder. Pico's library is driven directly: the program pico2wave has the path of its voices compiled in, so it works only installed.
"""

from __future__ import annotations

import argparse
import ctypes
import ctypes.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
VOICES = {"de": ("de-DE_ta.bin", "de-DE_gl0_sg.bin"), "en": ("en-GB_ta.bin", "en-GB_kh0_sg.bin")}
PACKAGES = ("libttspico0", "libttspico-data", "sox")
PICO_MEMORY = 2_500_000  # what pico2wave itself reserves
STEP_BUSY = 201  # PICO_STEP_BUSY of picodefs.h
SPEED = 115  # percent: heard sixty times a day
# of hold/: soft, and without a language
TONE = ["synth", "3", "sine", "330", "sine", "392", "remix", "-", "fade", "1", "3", "1", "gain", "-20", "pad", "0", "1"]
LEAD_FOR = "0.25"  # s of silence before the first word: desk phones swallow the beginning of what they play
# one level for all files, edges without silence: numbers and sentences are played one behind the other
EFFECTS = ["gain", "-l", "3", "highpass", "120", "silence", "1", "0.01", "0.4%", "reverse", "silence", "1", "0.01", "0.4%", "reverse"]


class Speech:
    """One Pico voice."""

    def __init__(self, library: Path | str, voices: Path, language: str) -> None:
        self._pico = ctypes.CDLL(str(library))
        self._memory = ctypes.create_string_buffer(PICO_MEMORY)
        system, engine = ctypes.c_void_p(), ctypes.c_void_p()
        self._call("pico_initialize", self._memory, ctypes.c_uint32(PICO_MEMORY), ctypes.byref(system))
        self._call("pico_createVoiceDefinition", system, b"voice")
        for name in VOICES[language]:
            resource, title = ctypes.c_void_p(), ctypes.create_string_buffer(200)
            self._call("pico_loadResource", system, str(voices / name).encode(), ctypes.byref(resource))
            self._call("pico_getResourceName", system, resource, title)
            self._call("pico_addResourceToVoiceDefinition", system, b"voice", title)
        self._call("pico_newEngine", system, b"voice", ctypes.byref(engine))
        self._engine = engine

    def say(self, sentence: str) -> bytes:
        """16 kHz, 16 bit, mono."""
        text = f'<speed level="{SPEED}">{sentence}</speed>'.encode() + b"\0"  # the NUL makes the engine speak
        samples = bytearray()
        while text:
            taken = ctypes.c_int16()
            self._call("pico_putTextUtf8", self._engine, text, ctypes.c_int16(len(text)), ctypes.byref(taken))
            text = text[taken.value :]
            status = STEP_BUSY
            while status == STEP_BUSY:
                buffer, got, kind = ctypes.create_string_buffer(256), ctypes.c_int16(), ctypes.c_int16()
                status = self._pico.pico_getData(self._engine, buffer, ctypes.c_int16(256), ctypes.byref(got), ctypes.byref(kind))
                if status < 0:
                    raise RuntimeError(f"pico_getData: {status}")
                samples += buffer.raw[: got.value]
        return bytes(samples)

    def _call(self, name: str, *args: object) -> None:
        status = getattr(self._pico, name)(*args)
        if status != 0:
            raise RuntimeError(f"{name}: {status}")


def mirror() -> tuple[str, str]:
    """(address, suite) of the Debian archive that this machine uses."""
    for file in sorted(Path("/etc/apt/sources.list.d").glob("*.sources")):
        fields = dict(re.findall(r"^(URIs|Suites):\s*(\S+)", file.read_text(), re.MULTILINE))
        if "debian" in fields.get("URIs", "") and "security" not in fields["URIs"]:
            return fields["URIs"], fields["Suites"]
    for file in [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*.list"))]:
        if file.exists() and (found := re.search(r"^deb\s+(?:\[[^]]*]\s+)?(\S*debian\S*)\s+(\S+)", file.read_text(), re.MULTILINE)):
            return found[1], found[2]
    raise RuntimeError("no Debian mirror in /etc/apt: install libttspico0, libttspico-data and sox by hand")


def fetch(work: Path) -> Path:
    """Unpacks PACKAGES and what they need below `work`, without root and without touching the machine's apt."""
    root = work / "root"
    if (root / "usr/bin/sox").exists():
        return root
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    (work / "status").touch()
    address, suite = mirror()
    (work / "sources.list").write_text(f"deb {address} {suite} main non-free\n")
    settings = {"Dir::State::lists": "lists", "Dir::State::status": "status", "Dir::Cache": "cache", "Dir::Etc::sourcelist": "sources.list"}
    apt = ["apt-get", "-q", "-oDir::Etc::sourceparts=-", "-oDebug::NoLocking=true"]
    apt += [f"-o{key}={work / value}" for key, value in settings.items()]
    subprocess.run([*apt, "update"], check=True, stdout=sys.stderr)
    subprocess.run([*apt, "-y", "--no-install-recommends", "--download-only", "install", *PACKAGES], check=True, stdout=sys.stderr)
    for package in sorted((work / "cache/archives").glob("*.deb")):
        subprocess.run(["dpkg", "-x", package, root], check=True)
    return root


def read(path: Path) -> dict[str, str]:
    """name -> sentence; a name without a folder lies in coll/."""
    sentences: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        name, bar, sentence = line.partition("|")
        if not bar or not re.fullmatch(r"((digits|hold)/)?[a-z0-9_-]+[FN]?", name):
            raise ValueError(f"{path}:{number}: not name|sentence")
        name = name if "/" in name else f"coll/{name}"
        if name in sentences:
            raise ValueError(f"{path}:{number}: {name} stands there twice")
        sentences[name] = sentence
    return sentences


def main() -> int:
    args = argparse.ArgumentParser(description="speaks the sentence lists into prompt files")
    args.add_argument("languages", nargs="*", default=sorted(VOICES), metavar="LANGUAGE", help="de, en (default: both)")
    work = Path(tempfile.gettempdir()) / f"make-sounds-{os.getuid()}"
    args.add_argument("--work", type=Path, default=work, help="folder for fetched packages")
    options = args.parse_args()
    library, voices = ctypes.util.find_library("ttspico"), Path("/usr/share/pico/lang")
    sox, environment = shutil.which("sox"), dict(os.environ)
    if library is None or sox is None or not voices.exists():
        root = fetch(options.work.resolve())
        libraries = next((root / "usr/lib").glob("*/libttspico.so.0")).parent
        library, voices, sox = str(libraries / "libttspico.so.0"), root / "usr/share/pico/lang", str(root / "usr/bin/sox")
        environment["LD_LIBRARY_PATH"] = f"{libraries}:{root / 'lib' / libraries.name}"
    for language in options.languages:
        sentences = read(HERE / f"{language}.txt")
        speech = Speech(library, voices, language)
        for old in (HERE / language).glob("*/*.ulaw"):
            old.unlink()
        for name, sentence in sentences.items():
            target = HERE / language / f"{name}.ulaw"
            target.parent.mkdir(parents=True, exist_ok=True)
            source, effects = (
                (["-t", "raw", "-r", "16000", "-e", "signed", "-b", "16", "-c", "1", "-"], EFFECTS)
                if sentence
                else (["-n"], TONE if name.startswith("hold/") else ["trim", "0", LEAD_FOR])
            )
            subprocess.run(
                [sox, "-D", *source, "-t", "ul", "-r", "8000", "-c", "1", target, *effects],
                input=speech.say(sentence) if sentence else b"",
                check=True,
                env=environment,
            )
        print(f"{language}: {len(sentences)} files, {sum(f.stat().st_size for f in (HERE / language).glob('*/*.ulaw')) // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
