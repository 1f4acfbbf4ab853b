"""Trunk rest: a trunk whose calls fail one after the other is left alone for a while.

Owns what a failure of the trunk is, and when it is tried again. Knows no debtor: redialling is follow_up's, and always a new attempt.
Invariant: one call that got through ends the rest; a trunk on trial carries one call at a time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from collectord.core.telephony.attempts import Result
from collectord.core.telephony.pacing import Trunk, Wait
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "rests": (
        "The last {count} calls over trunk {trunk} failed ({how}): it rests until {until}.",
        "Die letzten {count} Anrufe über die Leitung {trunk} scheiterten ({how}): sie ruht bis {until}.",
    ),
    "trial": (
        "The last {count} calls over trunk {trunk} failed ({how}): it is tried with one call at a time.",
        "Die letzten {count} Anrufe über die Leitung {trunk} scheiterten ({how}): sie wird mit einem Anruf nach dem anderen erprobt.",
    ),
}
_PROVED = re.compile(r"\ASIP (?!100|403|408|401|407|5)", re.ASCII)  # the far end had its word: its number, not the trunk
_USER_ALERTED = 19


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How one call over the trunk ended."""

    at: datetime
    result: Result
    cause: int | None
    tech: str


def is_trunks_failure(end: CallEnd) -> bool:
    """Whether it speaks against the trunk: congestion, nothing that ever answered, an error of the carrier, our calls forbidden (403).

    One such call proves nothing, a diverted number looks the same; several different numbers in a row do.
    """
    if end.result is Result.CONGESTION:
        return True
    if end.result is Result.REJECTED:
        return end.tech.startswith("SIP 403")
    return end.result is Result.FAILED and end.cause != _USER_ALERTED and not _PROVED.match(end.tech)


def is_failing(trunk: Trunk, newest_first: Sequence[CallEnd]) -> bool:
    """Whether its last `rest_after` calls that were dialled all failed by it."""
    last = newest_first[: trunk.rest_after]
    return 0 < trunk.rest_after == len(last) and all(map(is_trunks_failure, last))


def rest(
    trunk: Trunk, newest_first: Sequence[CallEnd], live: int, now: datetime, language: Language = "en", zone: str = "UTC"
) -> Wait | None:
    """None when the trunk may carry a call. `live`: the calls going on over it.

    An end in the future (clock set back) does not hold anything up.
    """
    if not is_failing(trunk, newest_first):
        return None
    last = newest_first[: trunk.rest_after]
    how = last[0].tech or (f"Q.850 {last[0].cause}" if last[0].cause else last[0].result.value)
    until = last[0].at + trunk.rest_for
    if last[0].at <= now < until:
        return Wait(phrase(TEXTS, "rests", language, zone, count=len(last), trunk=trunk.name, how=how, until=until), until)
    return Wait(phrase(TEXTS, "trial", language, zone, count=len(last), trunk=trunk.name, how=how), None) if live else None
