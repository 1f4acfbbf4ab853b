"""Attempt words: why an attempt ended as it did, in the language of the house.

Owns the German of these sentences; in English each stands where it is decided, and so it is kept on disk. Decides nothing.
Invariant: a sentence that is not ours, or has no German, is told as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from collectord.core.wording import Language

GERMAN: Mapping[str, str] = {
    # core/telephony/call_stages
    "the agent hung up during the preview": "Wer anrufen sollte, legte während der Vorschau auf",
    "the agent hung up before the debtor was dialled": "Wer anrufen sollte, legte auf, bevor gewählt wurde",
    "the gate did not allow the call": "Die Prüfung vor dem Wählen ließ den Anruf nicht zu",
    "nobody told the PBX in time that the debtor may be dialled": "Niemand sagte der Anlage rechtzeitig, dass gewählt werden darf",
    "the agent skipped the case": "Der Fall wurde übersprungen",
    "the agent put the case off": "Der Fall wurde auf später gelegt",
    "the agent pressed no key": "Es wurde keine Taste gedrückt",
    "the agent hung up first": "Der eigene Teilnehmer legte zuerst auf",
    "the call came to its end": "Der Anruf kam zu seinem Ende",
    "the PBX does not dial this number": "Die Anlage wählt diese Nummer nicht",
    "the number was live in another call": "Die Nummer war schon in einem anderen Anruf",
    "the caller reached nobody": "Der Anrufer erreichte niemanden",
    "nobody took the talk that was handed over; the debtor was told that we call back": (
        "Niemand nahm das weitergegebene Gespräch an; dem Schuldner wurde ein Rückruf angesagt"
    ),
    "the call ended": "Der Anruf endete",
    # core/telephony/recovery
    "the debtor was dialled and the PBX lost the end of the call": "Gewählt wurde; das Ende des Anrufs hat die Anlage verloren",
    "the PBX's journal cannot be read for this call": "Das Journal der Anlage ist für diesen Anruf nicht lesbar",
    "dialled by hand; the PBX may have gone on before it had our answer": (
        "Von Hand gewählt; vielleicht ging es an der Anlage weiter, bevor sie unsere Antwort hatte"
    ),
    "the PBX was restarted before the debtor could be dialled": "Die Anlage startete neu, bevor gewählt werden konnte",
    "the PBX was restarted during the call; the debtor may have been dialled": (
        "Die Anlage startete während des Anrufs neu; vielleicht war schon gewählt"
    ),
    "the debtor was dialled and the PBX has no record of the end": "Gewählt wurde; vom Ende weiß die Anlage nichts",
    "the PBX never had this call": "Die Anlage hatte diesen Anruf nie",
    "the agent was called, the debtor was not": "Das eigene Telefon klingelte, gewählt wurde nicht",
    # core/telephony/call_turns, edge/store/restoring
    "the reservation was never used": "Die Vormerkung wurde nie verwendet",
    "as recorded by a person": "So von einem Menschen vermerkt",
    "restored from a backup": "Aus einer Sicherung zurückgespielt",
}


def told(why: str, language: Language) -> str:
    return GERMAN.get(why, why) if language == "de" else why
