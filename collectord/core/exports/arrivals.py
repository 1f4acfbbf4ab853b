"""Arrivals: when a file in the inbox is whole, and which one comes first.

Owns the verdict on a file before it is claimed. Knows no folder; what was seen of the file comes in.
Invariant: a file whose profile declares how completeness is shown is never taken on quietness alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from collectord.core.exports.intake import day_in_name
from collectord.core.exports.source_profiles import Completeness
from collectord.core.wording import Language, Texts, phrase

WAIT_FOR_OLDER = timedelta(seconds=60)  # a complete file lets an older one of its folder go first, if that became complete in this time
TOLD_AFTER = timedelta(minutes=10)  # a file that waits longer is told about: the notice leaves within 15 minutes

Lack = Literal["marker", "checksum", "checksum_fits", "quiet", "writer", "unreadable", "irregular"]

TEXTS: Texts = {
    "marker": (
        "{file} waits for its marker {file}.done since {since}",
        "{file} wartet seit {since} auf die Fertig-Datei {file}.done",
    ),
    "checksum": (
        "{file} waits for its checksum {file}.sha256 since {since}",
        "{file} wartet seit {since} auf die Prüfsumme {file}.sha256",
    ),
    "checksum_fits": (
        "{file} does not fit its checksum {file}.sha256 since {since}; have it exported or transferred again",
        "{file} passt seit {since} nicht zur Prüfsumme {file}.sha256; bitte neu exportieren oder übertragen",
    ),
    "quiet": ("{file} keeps changing since {since}", "{file} ändert sich seit {since} immer wieder"),
    "writer": (
        "{file} is open for writing in some program since {since}",
        "{file} ist seit {since} in einem Programm zum Schreiben geöffnet",
    ),
    "unreadable": (
        "{file} cannot be read since {since}: {why}",
        "{file} ist seit {since} nicht lesbar: {why}",
    ),
    "irregular": (
        "{file} is no regular file (a link, a pipe, a device) and is never taken; seen since {since}",
        "{file} ist keine gewöhnliche Datei (Verknüpfung, Pipe, Gerät) und wird nie genommen; gesehen seit {since}",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One file as it lies in the inbox at this moment."""

    marked: bool  # NAME.done is there and not older than the file
    sealed: bool  # NAME.sha256 is there
    seal_fits: bool  # … and names the digest of the bytes; meaningless without a seal
    quiet: bool  # unchanged for the quiet period
    being_written: bool  # some process has it open for writing


def lacks(seen: Seen, complete: Completeness) -> Lack | None:
    """What a file still lacks before it may be taken; None: it is whole.

    A checksum is believed wherever one lies beside the file, declared or not: it is the only sign that says anything about the bytes.
    """
    if complete.marker and not seen.marked:
        return "marker"
    if complete.checksum and not seen.sealed:
        return "checksum"
    if seen.sealed:
        return None if seen.seal_fits else "checksum_fits"
    if seen.marked:
        return None
    if not seen.quiet:
        return "quiet"
    return "writer" if seen.being_written else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A file that is not taken, and why."""

    folder: str  # of the inbox, "" for the inbox itself
    name: str  # safe to show
    lack: Lack
    since: datetime
    why: str = ""

    def sentence(self, language: Language, zone: str) -> str:
        return phrase(TEXTS, self.lack, language, zone, file=f"{self.folder}/{self.name}" if self.folder else self.name, since=self.since,
                      why=self.why)  # fmt: skip


def export_order(name: str, mtime_ns: int, today: int) -> tuple[int, int, str]:
    """Sorts files as they were exported: by the day in the name (`today`, an ordinal, where there is none), then by time of writing."""
    day = day_in_name(name)
    return (day.toordinal() if day else today, mtime_ns, name)
