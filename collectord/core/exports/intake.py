"""Intake: where a file belongs, which day it describes, and whether it may change the ledger.

Owns the verdict on a batch and its receipt. Knows no folder and no store; what is known about the source comes in.
Invariant: a doubt holds or rejects; nothing is ever cleared by a file that was not accepted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from collectord.core.exports.arrival import Arrival as Arrival
from collectord.core.exports.arrival import AsOfFrom as AsOfFrom
from collectord.core.exports.change_set import Counts
from collectord.core.exports.freshness import Earlier
from collectord.core.exports.freshness import Fresh as Fresh
from collectord.core.exports.freshness import Stale as Stale
from collectord.core.exports.freshness import freshness as freshness
from collectord.core.exports.open_items import BadRow
from collectord.core.money import plain_map
from collectord.core.wording import Language, Texts, phrase, safe

Status = Literal["staging", "accepted", "held", "rejected", "duplicate", "stale", "replaced"]

DEFAULT_SOURCE = "canonical"
TOLERATED_SHARE = 1_000  # one bad row in so many …
TOLERATED_ROWS = 1  # … or this one loads the good rows

_SOURCE = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z", re.ASCII)
_DAY_IN_NAME = re.compile(r"(?<![0-9])(20[0-9]{2})(-?)([0-9]{2})\2([0-9]{2})(?![0-9])", re.ASCII)
_INSTANT_IN_NAME = re.compile(r"(?<![0-9])(20[0-9]{2})()([0-9]{2})([0-9]{2})[0-9]{4}(?:[0-9]{2})?(?![0-9])", re.ASCII)

TEXTS: Texts = {
    "source": ("{source} is no source name; use letters, digits, . _ -", "{source} ist kein Quellenname; Buchstaben, Ziffern, . _ -"),
    "mode": ("mode {mode} is unknown; use snapshot or delta", "Modus {mode} ist unbekannt; snapshot oder delta verwenden"),
    "future": (
        "the export's day {as_of} lies in the future; today is {today}",
        "Der Stichtag {as_of} liegt in der Zukunft; heute ist {today}",
    ),
    "duplicate": ("the same bytes as batch {batch}; nothing changed", "Dieselben Bytes wie Stapel {batch}; nichts geändert"),
    "stale": (
        "the export's day {as_of} is older than {latest}, which was accepted already",
        "Der Stichtag {as_of} ist älter als der schon angenommene {latest}",
    ),
    "old_bytes": (
        "the same bytes as the older batch {batch}, and the file carries no newer day of its own; accept it only if these are"
        " today's items",
        "Dieselben Bytes wie der ältere Stapel {batch}, und die Datei trägt selbst keinen neueren Stichtag; nur annehmen, wenn sie"
        " den heutigen Stand zeigt",
    ),
    "no_rows": (
        "there is no row below the header; accept it only if really nothing is open",
        "Unter dem Kopf steht keine Zeile; nur annehmen, wenn wirklich nichts offen ist",
    ),
    "no_good_row": ("no row could be read; nothing to load", "Keine Zeile war lesbar; es gibt nichts zu laden"),
    "nothing_to_accept": (
        "none of its {rows} rows could be read, so accepting it would confirm the state of no debtor; discard it with `collectord reject`"
        " and have the export corrected",
        "Keine der {rows} Zeilen war lesbar: die Annahme bestätigte keines Schuldners Stand; verwerfen Sie die Datei mit"
        " `collectord reject` und lassen Sie den Export berichtigen",
    ),
    "bad_rows": (
        "{bad} of {rows} rows {bad:is|are} bad, more than the {limit} that {limit:is|are} tolerated; correct the export, or accept the"
        " good rows",
        "{bad} von {rows} Zeilen {bad:ist|sind} fehlerhaft, mehr als die geduldeten {limit}; Export korrigieren oder die guten Zeilen"
        " annehmen",
    ),
    "nobodys_posting": (
        "line {line}: it cannot be read to whose account this posting belongs ({count} such rows); the rows of an item are added up, so any"
        " sum may lack a payment; correct the export",
        "Zeile {line}: nicht lesbar, zu wessen Konto diese Buchung gehört ({count} solche Zeilen); die Zeilen eines Postens werden addiert,"
        " deshalb kann in jeder Summe eine Zahlung fehlen; Export korrigieren",
    ),
    "by_person": ("discarded by a person", "Von einem Menschen verworfen"),
    "replaced": ("replaced by the newer batch {batch}", "Ersetzt durch den neueren Stapel {batch}"),
    "no_batch": ("there is no batch {batch}", "Es gibt keinen Stapel {batch}"),
    "not_held": ("batch {batch} is {status}, not held", "Stapel {batch} ist nicht zurückgehalten, sein Stand ist {status}"),
    "tampered": (
        "the held file {file} is gone or was changed since; reject the batch and drop the export again",
        "Die zurückgehaltene Datei {file} fehlt oder wurde geändert; Stapel verwerfen und Export neu ablegen",
    ),
    "restless": (
        "the file kept changing while it was read; drop it again when it is complete",
        "Die Datei änderte sich beim Lesen; neu ablegen, wenn sie fertig ist",
    ),
    "orphan": (
        "found in processing without a record of where it came from; drop it again",
        "In processing ohne Herkunft gefunden; bitte neu ablegen",
    ),
    "reader_died": (
        "the file could not be read: it ended the process that read it, twice; open it, save it anew and drop it again",
        "Die Datei war nicht lesbar: sie beendete zweimal den Prozess, der sie las; öffnen, neu speichern und wieder ablegen",
    ),
    "too_big": ("larger than {limit} bytes", "Größer als {limit} Bytes"),
}  # fmt: skip


class IntakeRefused(Exception):
    """A command about a file or batch that cannot be carried out; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Decision:
    status: Status
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a file (CONTRACT 5)."""

    batch: str
    file: str
    stored_as: str
    source: str
    mode: str
    as_of: date
    status: Status
    reason: str | None
    rows: int = 0
    accepted: int = 0
    rejected: tuple[BadRow, ...] = ()  # the first of them …
    more_rejected: int = 0  # … and how many more; the files in receipts/ have all
    opened: int = 0
    changed: int = 0
    unchanged: int = 0
    cleared: int = 0
    reopened: int = 0
    open_amount: Mapping[str, Decimal] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)  # keys that only some kinds of files have

    @property
    def bad_rows(self) -> int:
        """All of them."""
        return len(self.rejected) + self.more_rejected

    def as_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "batch": self.batch,
            "file": self.file,
            "stored_as": self.stored_as,
            "source": self.source,
            "mode": self.mode,
            "as_of": self.as_of.isoformat(),
            "status": self.status,
            "reason": self.reason,
            "rows": self.rows,
            "accepted": self.accepted,
            "rejected": [rejected_as_json(bad) for bad in self.rejected],
            "opened": self.opened,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "cleared": self.cleared,
            "reopened": self.reopened,
            "open_amount": plain_map(self.open_amount),
        }
        if self.more_rejected:
            document["more_rejected"] = self.more_rejected
        return document | ({"warnings": list(self.warnings)} if self.warnings else {}) | dict(self.extra)

    def as_file(self) -> tuple[bytes, bytes]:
        """The receipt as it lies in receipts/: what stands before and behind its rejected rows."""
        text = json.dumps(replace(self, rejected=(), more_rejected=0).as_json(), ensure_ascii=False, indent=2) + "\n"
        before, behind = text.encode("utf-8", "backslashreplace").split(b'"rejected": []', 1)  # its first key of that name is its own
        return before + b'"rejected": [', b"]" + behind


def rejected_as_json(bad: BadRow) -> dict[str, Any]:
    return {"line": bad.line, "column": bad.column, "value": bad.value, "reason": bad.reason}


def rejected_as_file(rows: Iterable[BadRow], *, first: bool) -> bytes:
    """Some rejected rows as they stand in the receipt's file."""
    texts = [json.dumps(rejected_as_json(bad), ensure_ascii=False) for bad in rows]
    return (("\n    " if first else ",\n    ") + ",\n    ".join(texts)).encode("utf-8", "backslashreplace")


def day_in_name(name: str) -> date | None:
    """The first real date in a file name: `2026-11-21`, `20261121`, `20261121-1730`, `202611211730`."""
    found = [*_DAY_IN_NAME.finditer(name), *_INSTANT_IN_NAME.finditer(name)]
    for match in sorted(found, key=lambda hit: hit.start()):
        try:
            return date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue
    return None


def arrival(
    *,
    batch_id: str,
    name: str,
    stored_as: str,
    folder: str,
    source: str | None,
    mode: str | None,
    as_of: date | None,
    today: date,
    language: Language,
) -> Arrival:
    """Source: option, inbox sub-folder, `canonical`. Mode: option, `.delta.` in the name, snapshot. As-of: option, name, today.

    Raises IntakeRefused for an impossible source or mode.
    """
    where = source or folder or DEFAULT_SOURCE
    if not _SOURCE.match(where):
        raise IntakeRefused(phrase(TEXTS, "source", language, source=repr(where)))
    how = mode or ("delta" if ".delta." in name.lower() else "snapshot")
    if how not in ("snapshot", "delta"):
        raise IntakeRefused(phrase(TEXTS, "mode", language, mode=repr(how)))
    named = day_in_name(name)
    day, day_from = (as_of, "option") if as_of else (named, "name") if named else (today, "arrival")
    return Arrival(
        batch_id=batch_id, file=safe(name, 255), stored_as=stored_as, source=where, mode=how, as_of=day or today, as_of_from=day_from  # type: ignore[arg-type]
    )  # fmt: skip


def is_source(name: str) -> bool:
    return bool(_SOURCE.match(name))


def first_look(
    arrived: Arrival,
    digest: str,
    *,
    latest: Earlier | None,
    same_bytes: Earlier | None,
    newest_as_of: date | None,
    today: date,
    language: Language,
) -> Decision | None:
    """The verdict that needs no row: rejected, duplicate or stale; held when old bytes come again; None: read the rows.

    `latest`: the batch accepted last; `same_bytes`: an earlier accepted one with this digest; `newest_as_of`: the newest accepted day.
    """
    if arrived.as_of > today:
        return Decision("rejected", phrase(TEXTS, "future", language, as_of=arrived.as_of, today=today))
    if latest and latest.digest == digest:
        return Decision("duplicate", phrase(TEXTS, "duplicate", language, batch=latest.batch_id))
    if newest_as_of and arrived.as_of < newest_as_of:
        return Decision("stale", phrase(TEXTS, "stale", language, as_of=arrived.as_of, latest=newest_as_of))
    own_day_is_newer = arrived.as_of_from != "arrival" and (newest_as_of is None or arrived.as_of > newest_as_of)
    if same_bytes and same_bytes.last_snapshot:  # deltas came since: a script that stamps today's day on a stuck export would undo them
        own_day_is_newer = own_day_is_newer and arrived.as_of_from != "name"
    if same_bytes and not own_day_is_newer:
        return Decision("held", phrase(TEXTS, "old_bytes", language, batch=same_bytes.batch_id))
    return None


def judge(mode: str, counts: Counts, shrunk: str | None, language: Language) -> Decision:
    """The verdict on rows that were read. `shrunk`: the shrink guard's sentence."""
    if counts.rows == 0:
        return Decision("held", phrase(TEXTS, "no_rows", language)) if mode == "snapshot" else Decision("accepted")
    if counts.accepted == 0:
        return Decision("held", phrase(TEXTS, "no_good_row", language))
    tolerated = max(TOLERATED_ROWS, counts.rows // TOLERATED_SHARE)
    if counts.rejected > tolerated:
        return Decision("held", phrase(TEXTS, "bad_rows", language, bad=counts.rejected, rows=counts.rows, limit=tolerated))
    if mode == "snapshot" and shrunk:
        return Decision("held", shrunk)
    return Decision("accepted")
