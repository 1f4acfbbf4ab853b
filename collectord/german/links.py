"""German for what an AMI link says of itself: in `status`, `live` and `doctor`.

Owns these pairs. They are parts of sentences: names, addresses and what a system says stand between them.
Invariant: each part is long enough to stand in no other sentence.
"""

from __future__ import annotations

from collections.abc import Mapping

FRAGMENTS: Mapping[str, str] = {
    " cannot be reached: ": " ist nicht erreichbar: ",
    " is being connected": " wird gerade verbunden",
    " was lost: ": ": Verbindung verloren: ",
    " was given up: ": " wurde aufgegeben: ",
    " events wait and nobody takes them": " Ereignisse warten, und niemand nimmt sie ab",
    " refuses the login ": " weist die Anmeldung ab: ",
    ": check username, secret, and permit/deny of that user in manager.conf": (
        "; prüfen Sie Benutzer, Kennwort und permit/deny dieses Benutzers in manager.conf"
    ),
    " lets '": " lässt '",
    "' in without the right to ask for its state ": "' ein, aber ohne das Recht, nach dem Zustand zu fragen ",
    ": add `reporting` to write=": "; `reporting` in write= ergänzen",
    "the connection broke: ": "die Verbindung brach ab: ",
    "the PBX closed the connection": "die Anlage schloss die Verbindung",
    "this is not an Asterisk Manager Interface: its greeting is missing": "das ist kein Asterisk Manager Interface: die Begrüßung fehlt",
    "no connection within ": "keine Verbindung innerhalb von ",
    "no connection: ": "keine Verbindung: ",
    "no greeting within ": "keine Begrüßung innerhalb von ",
    "no answer to ": "keine Antwort auf ",
    ", before the answer came": ", bevor die Antwort kam",
    "there is no connection": "es gibt keine Verbindung",
    "the PBX does not read what we send": "die Anlage liest nicht, was wir senden",
    "the PBX broke off its list": "die Anlage brach ihre Liste ab",
    "the PBX sent a list of more than ": "die Anlage sandte eine Liste von mehr als ",
    "Connect call failed ": "Verbindungsaufbau gescheitert ",
    "Connection refused": "Verbindung abgelehnt",
    "No route to host": "kein Weg zum Rechner",
    "Network is unreachable": "Netz nicht erreichbar",
    "not started": "nicht gestartet",
    " answers in ": " antwortet in ",
}
