"""PBX signs: what two looks at one PBX, a while apart, say about its health and that of the link to it.

Owns the judgement of what a look found. Knows no AMI and no store; channels, attempts, phones and counters come in.
Invariant: what could be a moment's disagreement (a call just placed, a report on its way) is no sign until a second look finds it again;
a call is never ended because of a sign: a person may be talking, or keying an outcome.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from collectord.core.telephony.attempts import Attempt, AttemptState
from collectord.core.telephony.pbx_calls import LiveChannel
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "strangers": (
        "{pbx} has {count} {count:call|calls} named like ours that this installation knows nothing of ({which}): another collectord"
        " on the same PBX, or a restored backup? They are left alone.",
        "An {pbx} {count:läuft|laufen} {count} {count:Anruf|Anrufe} mit Namen wie unsere, von denen diese Installation nichts weiß"
        " ({which}): ein anderes collectord an derselben Anlage, oder eine zurückgespielte Sicherung? Sie bleiben unangetastet.",
    ),
    "orphans": (
        "{count} {count:call is|calls are} still up at {pbx} though closed here ({which}): nobody is rung on a phone in use;"
        " the calls go on until somebody hangs up.",
        "An {pbx} {count:läuft|laufen} noch {count} {count:Anruf|Anrufe}, die hier abgeschlossen sind ({which}): ein Telefon im"
        " Gespräch wird nicht angerufen; die Anrufe gehen weiter, bis jemand auflegt.",
    ),
    "silent": (
        "{pbx} reports nothing of {count} {count:call that is|calls that are} up ({which}); they are followed by asking."
        " Check read=call,user and the eventfilter lines in manager.conf.",
        "{pbx} meldet nichts von {count} {count:laufenden Anruf|laufenden Anrufen} ({which}); sie werden durch Nachfragen verfolgt."
        " Prüfen Sie read=call,user und die Zeilen eventfilter in manager.conf.",
    ),
    "stuck": (
        "{pbx} says that {count} {count:phone is|phones are} in use, but no call is there ({which}): nobody rings them."
        " Have the phone registered again.",
        "{pbx} hält {count} {count:Telefon|Telefone} für belegt, obwohl kein Anruf läuft ({which}): niemand ruft dort an."
        " Melden Sie das Telefon neu an der Anlage an.",
    ),
    "recorded": (
        "{pbx} records {count} of our {count:call|calls} ({which}). Recording without everybody's consent is a crime in Germany"
        " (Sec. 201 StGB): switch it off for these extensions and trunks.",
        "{pbx} zeichnet {count} unserer Anrufe auf ({which}). Aufnahmen ohne Einwilligung aller sind strafbar"
        " (§ 201 StGB): schalten Sie sie für diese Nebenstellen und Leitungen ab.",
    ),
    "slow": (
        "{count} {count:report|reports} of {pbx} {count:waits|wait} to be taken: collectord is slower than the PBX.",
        "{count} {count:Meldung|Meldungen} von {pbx} {count:wartet|warten} darauf, gelesen zu werden:"
        " collectord ist langsamer als die Anlage.",
    ),
    "dropped": (
        "{count} {count:report|reports} of {pbx} could not be kept since the last look; no end of a call was among them.",
        "{count} {count:Meldung|Meldungen} von {pbx} seit der letzten Prüfung verworfen; kein Ende eines Anrufs war darunter.",
    ),
    "rights": (
        "The login at {pbx} may not send {which}: add the class to write= in manager.conf (write=originate,call,reporting).",
        "Die Anmeldung an {pbx} darf nicht senden: {which}. Ergänzen Sie die Klasse bei write= in manager.conf"
        " (write=originate,call,reporting).",
    ),
}

REPORTED_WITHIN = 10  # s after an answered agent leg, by which CollAgent has long been here
MANY_WAIT = 1_000  # reports in the queue
NAMED = 5  # ids in a sentence
BUSY = frozenset({"INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is there at one moment."""

    live: tuple[LiveChannel, ...] = ()
    attempts: Mapping[str, Attempt]  # those of `live` that the store knows
    agreed: Collection[str] = ()  # attempts whose debtor agreed to a recording
    phones: Mapping[str, str]  # our agents' phones as the PBX lists them now
    occupied: Collection[str] = ()  # devices that have a channel, whoever's
    waiting: int = 0
    dropped: int = 0  # since the link was made
    missing_rights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that is not as it should be."""

    code: str  # of TEXTS
    pbx: str
    count: int
    which: tuple[str, ...] = ()

    def says(self, language: Language) -> str:
        more = ("…",) if len(self.which) > NAMED else ()
        return phrase(TEXTS, self.code, language, pbx=self.pbx, count=self.count, which=(*self.which[:NAMED], *more))


def signs(pbx: str, before: Look | None, now: Look) -> tuple[Sign, ...]:
    """What both looks show; a recording, counters and rights show by themselves."""
    found: list[Sign] = []
    if before is not None:
        for code, of in (("strangers", _strangers), ("orphans", _orphans), ("silent", unreported), ("stuck", _stuck)):
            both = tuple(sorted(of(before) & of(now)))
            if both:
                found.append(Sign(code, pbx, len(both), both))
    if recorded := tuple(sorted({channel.attempt_id for channel in now.live if channel.recorded} - set(now.agreed))):
        found.append(Sign("recorded", pbx, len(recorded), recorded))
    if now.waiting >= MANY_WAIT:
        found.append(Sign("slow", pbx, now.waiting))
    dropped = now.dropped - (before.dropped if before is not None else 0)
    if dropped > 0:
        found.append(Sign("dropped", pbx, dropped))
    if now.missing_rights:
        found.append(Sign("rights", pbx, len(now.missing_rights), now.missing_rights))
    return tuple(found)


def _strangers(look: Look) -> set[str]:
    return {channel.attempt_id for channel in look.live} - look.attempts.keys()


def _orphans(look: Look) -> set[str]:
    """A ring-back is none: the agent keys the outcome of a call that may be closed by now."""
    closed = {key for key, attempt in look.attempts.items() if attempt.state is AttemptState.CLOSED}
    return closed & {channel.attempt_id for channel in look.live if not channel.ring_back and channel.coll_state != "WRAP"}


def unreported(look: Look) -> set[str]:
    """Attempts whose agent leg was answered a while ago, and nothing has told us so."""
    up = {channel.attempt_id for channel in look.live if channel.agent_leg and channel.up and (channel.seconds or 0) >= REPORTED_WITHIN}
    early = (AttemptState.PLACED, AttemptState.RINGING_AGENT)
    return {key for key in up & look.attempts.keys() if look.attempts[key].state in early and look.attempts[key].agent_answered_at is None}


def _stuck(look: Look) -> set[str]:
    return {phone for phone, state in look.phones.items() if state in BUSY and phone not in look.occupied}


def corrected(asked: Mapping[str, str], known: Mapping[str, str], listed: Mapping[str, str]) -> dict[str, str]:
    """Phones that the PBX lists otherwise than we have them. `asked`: as we had them before the question; what changed since is newer."""
    return {phone: state for phone, state in listed.items() if state != known.get(phone, "") == asked.get(phone, "")}
