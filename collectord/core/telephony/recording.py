"""Recording: a talk is recorded only after its debtor's yes, and what may follow from that.

Owns what a PBX says of recordings, who may be recorded and when a recording is to go. Knows no PBX and no store.
Invariant: nothing is recorded without a yes that is on disk with who asked and when; a yes that was taken back is not given again by a key.

Germany: recording the spoken word without the consent of everybody who speaks is a crime (§ 201 StGB). Consent must be proven
(Art. 7(1) GDPR), is the ground of the processing (Art. 6(1)(a)) and may be taken back at any time, as easily as it was given (Art. 7(3)).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from collectord.core.telephony.attempts import Attempt, AttemptState
from collectord.core.telephony.pbx_events import PbxEvent
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "agreed": (
        "{agent} keyed that the debtor agrees to a recording of call {call}.",
        "{agent} gab ein, dass der Debitor in die Aufnahme des Anrufs {call} einwilligt.",
    ),
    "withdrawn": (
        "The recording of call {call} was stopped by {agent}: the consent is withdrawn, what was recorded is erased.",
        "{agent} beendete die Aufnahme des Anrufs {call}: die Einwilligung ist widerrufen, das Aufgenommene wird gelöscht.",
    ),
    "withdrawn-later": (
        "{who} wrote down that the debtor withdrew the consent to the recording of call {call}, it is erased; why: {reason}",
        "{who} erfasste, dass der Debitor die Einwilligung in die Aufnahme des Anrufs {call} widerrief, sie wird gelöscht; Grund: {reason}",
    ),
    "failed": (
        "The PBX could not record call {call}: nothing was recorded.",
        "Die Anlage konnte den Anruf {call} nicht aufnehmen: nichts wurde aufgenommen.",
    ),
    "was-agreed": ("{at}: {agent} keyed the debtor's yes, {course}", "{at}: {agent} gab das Ja des Debitors ein, {course}"),
    "not-begun": ("nothing was recorded", "nichts wurde aufgenommen"),
    "kept": ("recorded", "aufgenommen"),
    "stopped": ("withdrawn {at}", "widerrufen {at}"),
    "gone": ("erased {at}", "gelöscht {at}"),
    "no-recording": (
        "no recording of a call {call} with {debtor} was agreed to; explain {debtor} names those that were",
        "Zu einem Anruf {call} mit {debtor} gibt es keine Einwilligung in eine Aufnahme; explain {debtor} nennt die vorhandenen",
    ),
    "already": (
        "the consent to the recording of call {call} was withdrawn before: {says}",
        "Die Einwilligung in die Aufnahme des Anrufs {call} ist schon widerrufen: {says}",
    ),
    "still-talking": (
        "call {call} goes on: the agent stops the recording with *3, which withdraws the consent; or withdraw it after the talk",
        "Der Anruf {call} läuft noch: der Agent beendet die Aufnahme mit *3, das widerruft die Einwilligung; sonst danach widerrufen",
    ),
    "why": (
        "--recording-withdrawn needs --reason: how the debtor said so, like a letter of which day",
        "--recording-withdrawn braucht --reason: wie es der Debitor mitgeteilt hat, etwa mit welchem Brief",
    ),
    "alone": (
        "--recording-withdrawn goes with --reason alone; record the rest with a second command, without {others}",
        "--recording-withdrawn steht nur zusammen mit --reason; das Übrige mit einem zweiten Befehl erfassen, ohne {others}",
    ),
    "will-go": (
        "The consent is withdrawn. The PBX erases {call}.wav within a few minutes; explain {debtor} says when it has.",
        "Die Einwilligung ist widerrufen. Die Anlage löscht {call}.wav in wenigen Minuten; explain {debtor} sagt, wann sie es getan hat.",
    ),
    "was-gone": (
        "The consent is withdrawn. The recording {call}.wav was erased before.",
        "Die Einwilligung ist widerrufen. Die Aufnahme {call}.wav war schon gelöscht.",
    ),
    "erased": ("The recording of call {call} is erased.", "Die Aufnahme des Anrufs {call} ist gelöscht."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentTold(PbxEvent):
    """An agent keyed that the debtor agrees to a recording; the dialplan waits on `uniqueid` for the word that it is on disk."""

    attempt_id: str
    uniqueid: str


class RecordingState(StrEnum):
    ON = "on"
    FAILED = "failed"  # the PBX could not
    WITHDRAWN = "withdrawn"  # the agent keyed that it stops
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingTold(PbxEvent):
    """What became of a recording."""

    attempt_id: str
    state: RecordingState


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The consent to the recording of one call, and what became of it."""

    attempt_id: str
    agreed_at: datetime
    agent: str  # who asked, and keyed the yes
    began: bool = False  # the PBX said so
    withdrawn_at: datetime | None = None
    erased_at: datetime | None = None


def may_record(talk: Attempt | None, before: Recording | None) -> bool:
    """Only a talk that goes on now, and not one whose debtor has said no after a yes."""
    if talk is None or talk.state is not AttemptState.TALKING:
        return False
    return before is None or (before.withdrawn_at is None and before.erased_at is None)


def why_not_withdrawn(talk: Attempt, agreed: Recording | None, debtor: str, language: Language, zone: str) -> str | None:
    """Why the consent to the recording of this call cannot be withdrawn by a person now; None when it can."""
    if agreed is None:
        return phrase(TEXTS, "no-recording", language, call=talk.id, debtor=debtor)
    if agreed.withdrawn_at is not None:
        return phrase(TEXTS, "already", language, call=talk.id, says=document(agreed, language, zone)["says"])
    if talk.state is AttemptState.TALKING:
        return phrase(TEXTS, "still-talking", language, call=talk.id)
    return None


def document(one: Recording, language: Language, zone: str) -> dict[str, Any]:
    """As `explain` shows it."""
    course = [phrase(TEXTS, "kept" if one.began else "not-begun", language)]
    if one.withdrawn_at is not None:
        course.append(phrase(TEXTS, "stopped", language, zone, at=one.withdrawn_at))
    if one.erased_at is not None:
        course.append(phrase(TEXTS, "gone", language, zone, at=one.erased_at))
    return {
        "call": one.attempt_id,
        "agreed_at": one.agreed_at.isoformat(),
        "agent": one.agent,
        "recorded": one.began,
        "withdrawn_at": one.withdrawn_at and one.withdrawn_at.isoformat(),
        "erased_at": one.erased_at and one.erased_at.isoformat(),
        "says": phrase(TEXTS, "was-agreed", language, zone, at=one.agreed_at, agent=one.agent, course=", ".join(course)),
    }
