"""German for sentences about the configuration: wrong keys, secrets, the environment.

Owns these pairs. `{1}` stands for any text.
Invariant: a key's name and a value to be typed stay as they are typed.
"""

from __future__ import annotations

from collections.abc import Mapping

SETTINGS: Mapping[str, str] = {
    # one value
    "expected a duration in quotes like 90s, 15m, 36h or 7d": "erwartet wird eine Dauer in Anführungszeichen wie 90s, 15m, 36h oder 7d",
    "a duration cannot be negative here": "eine Dauer kann hier nicht negativ sein",
    "expected a full international number like +493012345600": "erwartet wird eine ganze internationale Rufnummer wie +493012345600",
    "expected 1 to 40 letters, digits, '_', '-' or '.'": "erwartet werden 1 bis 40 Buchstaben, Ziffern, '_', '-' oder '.'",
    "expected a phone as the PBX names it, like PJSIP/201": "erwartet wird ein Telefon, wie die Anlage es nennt: PJSIP/201",
    "expected the phone as the PBX watches it, like PJSIP/201, perhaps with more: PJSIP/201&Custom:DND201": (
        "erwartet wird das Telefon, wie die Anlage es beobachtet: PJSIP/201, vielleicht mit mehr: PJSIP/201&Custom:DND201"
    ),
    'expected a share in quotes, like "0.25"': 'erwartet wird ein Anteil in Anführungszeichen wie "0.25"',
    'expected a share between "0" and "1"': 'erwartet wird ein Anteil zwischen "0" und "1"',
    "{1}; debtors see it and call it back: show an ordinary number of your own": (
        "{1}; Debitoren sehen sie und rufen sie zurück: zeigen Sie eine gewöhnliche eigene Rufnummer"
    ),
    "expected a-z, 0-9 and hyphens: muster for the recording name-muster": (
        "erwartet werden a-z, 0-9 und Bindestriche: muster für die Aufnahme name-muster"
    ),
    "this key is unknown; see the commented file that `collectord init` writes": (
        "diesen Schlüssel gibt es nicht; siehe die kommentierte Datei, die `collectord init` schreibt"
    ),
    "this key is missing": "dieser Schlüssel fehlt",
    "{1} is wrong; expected {2}": "{1} ist falsch; erwartet wird {2}",
    # within a section
    "expected 10s or more": "erwartet werden 10s oder mehr",
    "expected {1} to {2}": "erwartet wird {1} bis {2}",
    "reserve = {1} leaves none of the {2} channels; expected reserve below channels": (
        "reserve = {1} lässt keinen der {2} Kanäle übrig; erwartet wird reserve unter channels"
    ),
    'expected endpoint = "PJSIP/201" or "Local/201@coll-phones", because only these pass it on': (
        'erwartet wird endpoint = "PJSIP/201" oder "Local/201@coll-phones", weil nur diese es weitergeben'
    ),
    "expected 4 to 12 digits in quotes, because it is keyed on the phone": (
        "erwartet werden 4 bis 12 Ziffern in Anführungszeichen, weil sie am Telefon eingegeben werden"
    ),
    'expected the phone behind {1}, like "PJSIP/201", because Local does not say that it is busy': (
        'erwartet wird das Telefon hinter {1}, etwa "PJSIP/201", weil Local nicht sagt, dass es besetzt ist'
    ),
    'expected the phone first, like "PJSIP/201&Custom:DND201"': 'erwartet wird zuerst das Telefon, etwa "PJSIP/201&Custom:DND201"',
    "expected at most 9 different reasons, because each is a key of the phone": (
        "erwartet werden höchstens 9 verschiedene Gründe, weil jeder eine Taste des Telefons ist"
    ),
    "{1} is no reason; expected 1 to 40 characters like lunch, meeting or Warenausgang": (
        "{1} ist kein Grund; erwartet werden 1 bis 40 Zeichen, etwa lunch, meeting oder Warenausgang"
    ),
    # messages
    "notices.smtp_host is missing; expected the mail server that takes what goes to notices.email_to": (
        "notices.smtp_host fehlt; erwartet wird der Mailserver, der annimmt, was an notices.email_to geht"
    ),
    "notices.email_from is missing; expected the address that the mails come from": (
        "notices.email_from fehlt; erwartet wird die Adresse, von der die E-Mails kommen"
    ),
    "notices.email_to is empty, but notices.smtp_host is set; expected at least one address": (
        "notices.email_to ist leer, aber notices.smtp_host ist gesetzt; erwartet wird mindestens eine Adresse"
    ),
    "{1} is no address; expected one like buchhaltung@example.com": "{1} ist keine Adresse; erwartet wird eine wie buchhaltung@example.com",
    "{1} is missing, but {2} is set; expected both or none": "{1} fehlt, aber {2} ist gesetzt; erwartet werden beide oder keines",
    '{1}.smtp_tls = "none" would send the password in the clear; expected "starttls" or "tls"': (
        '{1}.smtp_tls = "none" würde das Kennwort unverschlüsselt senden; erwartet wird "starttls" oder "tls"'
    ),
    "{1} is no address; expected https://… or http://…, without a user name": (
        "{1} ist keine Adresse; erwartet wird https://… oder http://…, ohne Benutzernamen"
    ),
    "mail.email_from is missing; expected the address that debtors see and answer to": (
        "mail.email_from fehlt; erwartet wird die Adresse, die Debitoren sehen und an die sie antworten"
    ),
    # between sections
    "time_zone = {1} is unknown; expected a name like Europe/Berlin": (
        "time_zone = {1} ist unbekannt; erwartet wird ein Name wie Europe/Berlin"
    ),
    "dialling.lines = false, and mode = 'predictive' needs it: agents wait on open lines (*87); expected true": (
        "dialling.lines = false, aber mode = 'predictive' braucht es: Agenten warten auf offenen Leitungen (*87); erwartet wird true"
    ),
    "dialling.mode = 'predictive' needs recorded_name of company {1}: a recording of its name for whoever answers and finds nobody": (
        "dialling.mode = 'predictive' braucht recorded_name der Firma {1}: eine Aufnahme ihres Namens für alle,"
        " die abheben und niemanden finden"
    ),
    "{1} is there twice; expected each once": "{1} steht zweimal da; erwartet wird jedes einmal",
    "{1} is not defined; expected one of {2}": "{1} ist nicht definiert; erwartet wird eines von {2}",
    "other_trunks names {1}, which is its trunk; expected another one": (
        "other_trunks nennt {1}, das schon trunk ist; erwartet wird eine andere Leitung"
    ),
    "other_trunks names {1}, which is not there; expected some of {2}": (
        "other_trunks nennt {1}, das es nicht gibt; erwartet wird etwas aus {2}"
    ),
    "sandbox = true, but {1} has host {2}; expected a loopback address": (
        "sandbox = true, aber {1} hat host {2}; erwartet wird eine Loopback-Adresse"
    ),
    "sandbox = true, but {1} names {2}; expected a loopback address": (
        "sandbox = true, aber {1} nennt {2}; erwartet wird eine Loopback-Adresse"
    ),
    "there is no pack {1} in {2}; known are {3}": "es gibt kein Regelpaket {1} in {2}; bekannt sind {3}",
    # file, environment, secrets
    "there is no such key; see the commented file that `collectord init` writes": (
        "diesen Schlüssel gibt es nicht; siehe die kommentierte Datei, die `collectord init` schreibt"
    ),
    '{1} is wrong; expected JSON, like ["auto", "house"]': '{1} ist falsch; erwartet wird JSON wie ["auto", "house"]',
    "there is no such file; write one with `collectord init DIR` or name it with --config": (
        "diese Datei gibt es nicht; schreiben Sie eine mit `collectord init ORDNER` oder nennen Sie sie mit --config"
    ),
    "not UTF-8 at byte {1}; save it as UTF-8": "kein UTF-8 bei Byte {1}; als UTF-8 speichern",
    "{1}; lists and tables are written as JSON": "{1}; Listen und Tabellen werden als JSON geschrieben",
    "{1}; write {2} there, mode 0600": "{1}; schreiben Sie {2} dorthin, Rechte 0600",
    "{1} can be read by others; run chmod 600 {2}": "{1} ist für andere lesbar; dagegen hilft chmod 600 {2}",
    "{1}; it must be a file that collectord may read": "{1}; es muss eine Datei sein, die collectord lesen darf",
    "{1} must hold {2} on one line": "{1} muss {2} in einer Zeile enthalten",
    # the form of a TOML file
    "{1}; {2} begins with 0, so it must stand in quotes: {3}": "{1}; {2} beginnt mit 0 und muss deshalb in Anführungszeichen stehen: {3}",
    "the closing quote is missing": "das schließende Anführungszeichen fehlt",
    "{1} must stand in quotes: {2}": "{1} muss in Anführungszeichen stehen: {2}",
    "a list is not closed: a ] is missing, or a comma between two entries": (
        "eine Liste ist nicht geschlossen: ein ] fehlt, oder ein Komma zwischen zwei Einträgen"
    ),
    "the closing bracket ] is missing": "die schließende Klammer ] fehlt",
    "the closing brackets ]] are missing": "die schließenden Klammern ]] fehlen",
    "there is no = after the key; a comment begins with #": "hinter dem Schlüssel steht kein =; ein Kommentar beginnt mit #",
    "the table {1} stands twice, first in line {2}; put all of it under one, or write {3} at each if there may be several": (
        "die Tabelle {1} steht zweimal da, zuerst in Zeile {2}; alles unter eine setzen,"
        " oder {3} bei jeder schreiben, wenn es mehrere geben darf"
    ),
    "{1} stands twice, first in line {2}; keep one of the two": "{1} steht zweimal da, zuerst in Zeile {2}; behalten Sie eines von beiden",
}
