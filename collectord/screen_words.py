"""Screen words: headings and titles of screens in the reader's language.

Owns the German of what a screen calls things. Knows no answer: keys of `--json`, codes that people type (states, media, dispositions) and
names in rule files stay as they are, but for the columns of `CODES`.
Invariant: what has no German word is shown in English, never left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import Decimal

from collectord.core.wording import Language, shown
from collectord.german import of_link

_LANGUAGE: ContextVar[Language] = ContextVar("language", default="en")

GERMAN: Mapping[str, str] = {
    "yes": "ja", "no": "nein", "none": "keine", "more": "weitere", "and": "und",
    # of tables
    "accepted": "angenommen", "age": "Alter", "agent": "Agent", "agent name": "Name", "agent result": "Ergebnis am Tisch",
    "agreed by": "vereinbart von", "agreed for": "vereinbart für", "ambiguous": "mehrdeutig", "amount": "Betrag",
    "answered": "abgehoben", "caller id": "Rufnummer", "rang": "klingelte", "share": "Anteil", "trunk": "Leitung",
    "answer by": "Antwort bis", "approval": "Freigabe", "approval note": "Freigabe nötig, weil", "as of": "Stand", "at": "am",
    "batch": "Stapel", "blocks": "Sperren", "booked on": "gebucht am", "briefing": "zum Gespräch", "called at": "angerufen am",
    "change": "Änderung", "changed": "geändert", "check": "Prüfung", "cleared": "ausgeglichen", "code": "Kürzel", "column": "Spalte",
    "company": "Firma", "costs": "Kosten", "count": "Anzahl", "countries": "Länder", "currency": "Währung", "days": "Tage",
    "days past due": "Tage überfällig", "debtor name": "Name", "debtor no": "Debitor", "debtors": "Debitoren",
    "decide by": "entscheiden bis", "default on": "in Verzug seit", "deputy": "Vertretung", "device": "Telefon",
    "disposition": "Gesprächsausgang", "due on": "fällig am", "ended at": "beendet am", "endpoint": "Anschluss",
    "examples": "Beispiele", "failure": "Fehler", "file": "Datei", "follows": "Folge", "found": "Befund", "from": "von",
    "hangup cause": "Auflegegrund", "hole": "Lücke", "how": "wie", "id": "Nummer", "instalment": "Rate", "interest": "Zinsen",
    "item no": "Posten", "items": "Posten", "keeper": "zuständig", "kind": "Art", "ladder": "Mahnleiter", "level": "Stufe",
    "line": "Zeile", "made at": "erstellt am", "matched": "zugeordnet", "medium": "Weg", "minutes late": "Minuten zu spät",
    "mode": "Modus", "money": "Geld", "name": "Name", "not before": "nicht vor", "not called because": "nicht angerufen, weil",
    "now": "jetzt", "number": "Rufnummer", "numbers": "Rufnummern", "open": "offen", "open amount": "offener Betrag",
    "opened": "neu", "outcome": "Ergebnis", "overdue": "überfällig", "owner": "zuständig", "payer": "Zahler",
    "payer account": "Konto", "placed at": "gewählt am", "prompted by": "ausgelöst durch", "promised on": "zugesagt für",
    "proof": "Nachweis", "rates": "Zinssätze", "reason": "Grund", "recipient": "Empfänger", "reference": "Verwendungszweck",
    "remedy": "Abhilfe", "result": "Ergebnis", "returned": "zurückgekommen", "rows": "Zeilen", "say": "sagen", "says": "nun gilt",
    "sent at": "gesendet am", "sentence": "Satz", "since": "seit", "source": "Quelle", "state": "Zustand", "status": "Ergebnis",
    "template": "Vorlage", "title": "Titel", "tone": "Ton", "total": "Summe", "trend": "Verlauf", "tries": "Versuche",
    "unmatched": "nicht zugeordnet", "until": "bis", "value": "Wert", "was": "vorher", "when": "wann", "why": "Grund",
    "begun by": "begonnen von", "caller ids": "gezeigte Rufnummern", "fallen": "stark gefallen",
    "disputes overdue": "Bestrittene, Frist vorbei", "reopened": "wieder offen", "stored as": "abgelegt als", "trunks": "Leitungen",
    "files": "Dateien", "missing": "fehlt", "without it": "ohne sie gilt", "step": "Name",
    "steps": "Stufen", "comes": "kommt", "min open": "ab",
    "agent first": "zuerst eine Person, weil", "value a minute": "Wert je Minute", "waits": "wartet, weil", "number why": "Nummer, weil",
    "open items": "offene Posten", "recordings": "Aufnahmen", "master data": "Stammdaten",
    # of panels
    "link up": "verbunden", "link lost": "Verbindung verloren", "link refused": "weist die Anmeldung ab", "link stopped": "angehalten",
    "link connecting": "wird verbunden", "link not running": "nicht verbunden (kein Dienst läuft)",
    "reconnects": "Verbindungsabbrüche", "reports dropped": "Meldungen verworfen",
    "agents": "Agenten", "agents needed": "nötige Agenten", "agreed": "vereinbart", "approved by": "freigegeben von",
    "approved on": "freigegeben am", "ask for": "sprechen mit", "attempts made": "Versuche bisher", "brier": "quadratischer Fehler",
    "broken": "gebrochen", "by talks": "davon durch Gespräche", "callbacks moved": "Rückrufe weitergegeben", "calls": "Anrufe",
    "cancelled": "gestrichen", "capacity": "Minuten vorhanden", "choice": "Reihenfolge", "created": "angelegt",
    "due from": "fällig ab", "due to": "fällig bis", "emails": "E-Mails", "enabled": "eingeschaltet", "exception": "Ausnahme",
    "exceptions": "Ausnahmen", "expires at": "verfällt am", "foretold": "vorhergesagt",
    "foretold days before due": "Tage vor Fälligkeit vorhergesagt", "fresh": "aktuell", "handovers": "Abgaben",
    "head office": "Zentrale", "held": "zurückgehalten", "inbox": "Eingang", "kept": "gehalten", "ladders": "Mahnleitern",
    "late": "verspätet", "late after days": "verspätet nach Tagen", "law": "Recht", "legal state": "Rechtsstatus",
    "letters": "Briefe", "levels": "Stufen", "live": "scharf", "made": "angelegt", "may call": "Anruf erlaubt", "minutes": "Minuten",
    "minutes late mean": "Minuten zu spät im Mittel", "minutes late worst": "Minuten zu spät höchstens", "moved": "weitergegeben",
    "meanwhile": "inzwischen",
    "names": "Dateinamen", "never": "nie", "next": "danach", "note": "Hinweis", "notices": "Mitteilungen", "ok": "in Ordnung",
    "on": "am", "over": "vorbei", "packs": "Regelpakete", "paid": "Zahlungseingang", "pbx": "Telefonanlage", "person": "Person",
    "pauses": "in Pause",
    "picture": "Bild", "planned": "geplant", "potential class": "Potenzialklasse", "potential classes": "Potenzialklassen",
    "principal": "Hauptforderung", "priority": "Priorität", "problems": "Fehler", "promise": "Zusage", "promised": "zugesagt",
    "quality": "Lücken in den Daten", "rank": "Rang", "reached": "erreicht", "refusals": "Ablehnungen", "refused": "verschoben",
    "refused by": "verschoben durch", "refused open": "verschoben, Geld", "response ms": "Antwort in ms",
    "revoked": "zurückgenommen", "rule": "Regel", "rules": "Regeln", "saturation": "Höchststärke", "script": "Leitfaden",
    "script version": "Fassung", "scripts": "Texte", "seed": "Startzahl", "shortfall": "bleibt liegen", "sources": "Quellen",
    "strategies": "Strategien", "strategy": "Strategie", "task": "Aufgabe", "tasks": "Aufgaben", "the next plan": "der nächste Plan",
    "too much": "zu viel",
    "triggers": "Auslöser", "uncalled": "ohne Anruf", "uncalled open": "ohne Anruf, Geld", "unchanged": "unverändert",
    "unknown": "ungeklärt", "version": "Fassung", "waiting": "ausstehend", "warnings": "Warnungen", "workload": "Arbeit",
    "yardstick brier": "Vergleichsmaß, Fehler", "yardstick rank": "Vergleichsmaß, Rang", "pays costs": "zahlt Kosten",
    "pays interest": "zahlt Zinsen", "pays principal": "zahlt Hauptforderung", "leaves costs": "Rest Kosten",
    "leaves interest": "Rest Zinsen", "leaves principal": "Rest Hauptforderung",
    # titles
    "attempts": "Anrufversuche", "promises": "Zusagen", "objections": "Einwandkarten", "absences": "Abwesenheiten",
    "callers": "unerreichte Anrufer", "last at": "zuletzt", "called": "angerufen", "wrong pairs": "falsche Nummernpaare",
    "absence": "Abwesenheit", "callbacks": "Rückrufe", "claim": "Forderung", "disputes": "bestrittene Posten",
    "payments": "Zahlungen", "batches": "Stapel", "messages": "Nachrichten", "import": "Import", "call-list": "Anrufliste",
    "doctor": "Diagnose", "plan": "Planung", "debtor": "Debitor", "simulation": "Simulation", "companies": "Firmen",
    "rejected": "abgewiesen", "tenths": "Zehntel", "tenth": "Zehntel", "risk of paying late": "Risiko verspäteter Zahlung",
    "collectord is": "collectord:", "voicemail": "Ansage auf den Anrufbeantworter",
    "third party": "Jemand anderes ist am Apparat", "minor": "Ein Kind ist am Apparat",
    "a payment of so much (Sec. 367 BGB)": "Verrechnung dieser Zahlung (§ 367 BGB)",
    "not called, and no time is known from which they may be": "nicht angerufen, und es ist kein Zeitpunkt bekannt, ab dem es erlaubt wäre",
    "Not before": "Nicht vor", "the first": "die ersten", "--json has all": "--json nennt alle", "contact tasks": "Kontaktaufgaben",
    "no contact, because": "kein Kontakt, weil", "today": "heute", "tomorrow": "morgen", "open today": "offen heute",
    "open tomorrow": "offen morgen", "put off": "verschoben", "day": "Tag", "uncalled money": "Geld ohne Anruf",
    "comes in": "geht ein", "texts": "Texte", "by": "von", "what each file name means: --json": "passende Dateinamen: --json",
    "each by its name: --json": "einzeln: --json", "debtors who would owe less": "Debitoren, die weniger schulden würden",
    "items that would vanish": "Posten, die verschwinden würden", "new items": "neue Posten",
    "items that would change": "Posten, die sich ändern würden", "open items by company": "offene Posten je Firma",
    "rejected rows": "abgewiesene Zeilen", "of whom an item would vanish": "bei denen ein Posten verschwinden würde",
    "rows; the file of rejects in receipts/ has them all": "Zeilen; die Ablehnungsdatei in receipts/ nennt alle", "is": "ist",
    "is held:": "wird zurückgehalten:", "cannot be reached": "nicht erreichbar", "not sent yet": "noch nicht gesendet",
    "duplicate": "schon bekannt", "stale": "veraltet",
    "before": "vorher", "after": "nachher", "open before": "offen vorher", "open after": "offen nachher",
    # why nobody is contacted
    "nothing-open": "nichts offen", "credits-cover": "Gutschriften decken alles", "no-ladder": "keine Mahnleiter",
    "legal-state": "Rechtsstatus", "head-office": "Zentrale zuerst", "promise-pending": "Zusage wartet auf Freigabe",
    "promise-unjudged": "Zusage noch nicht geprüft", "direct-debit": "Lastschrift", "blocked-for-good": "auf Dauer gesperrt",
    "handed-over": "abgegeben", "not-yet": "noch nicht so weit", "below-minimum": "unter dem Mindestbetrag",
    "not-worth": "lohnt den Anruf nicht", "too-heavy": "zu viel auf einmal", "saturated": "genug Kontakte", "gap": "zu bald danach",
    "finished": "Mahnleiter zu Ende", "legal-state-named": "Rechtsstatus", "pause": "Pause", "grace": "Aufschub", "objection": "Einwand",
    "appointment": "Termin vereinbart", "callback": "Rückruf vereinbart", "deadline": "Frist läuft", "disputed": "bestritten",
    # notes of a command
    "written": "geschrieben", "nothing new since the last export": "seit der letzten Ausgabe nichts Neues",
    "complete and consistent": "vollständig und in sich stimmig",
    # how collectord is
    "dialling": "wählt", "idle": "wartet", "paused": "Pause", "shadow": "Schattenbetrieb", "blocked": "angehalten",
}  # fmt: skip


@contextmanager
def reading_in(language: Language) -> Iterator[None]:
    """What is drawn meanwhile is drawn for a reader of this language."""
    token = _LANGUAGE.set(language)
    try:
        yield
    finally:
        _LANGUAGE.reset(token)


def word(english: str) -> str:
    """The reader's word for it."""
    return GERMAN.get(english, english) if _LANGUAGE.get() == "de" else english


RESULTS = {
    "answered": "abgehoben", "dropped": "abgerissen", "busy": "besetzt", "no_answer": "keine Antwort", "rejected": "abgelehnt",
    "unallocated": "kein Anschluss", "congestion": "Netz überlastet", "failed": "keine Verbindung", "not_dialled": "nicht gewählt",
    "unknown": "ungeklärt",
}  # fmt: skip
CODES: Mapping[str, Mapping[str, str]] = {
    "result": RESULTS,
    "agent_result": {
        "accepted": "angenommen", "skipped": "übersprungen", "later": "zurückgestellt", "no_key": "keine Taste",
        "no_answer": "nicht abgenommen", "busy": "besetzt", "unreachable": "nicht erreichbar", "left": "aufgelegt",
    },
    "disposition": {
        "promise": "Zusage", "paid_already": "schon bezahlt", "dispute": "Reklamation", "callback": "Rückruf", "refuses": "zahlt nicht",
        "wrong_number": "falsche Nummer", "third_party": "Dritter", "left_message": "Nachricht", "do_not_call": "nicht mehr anrufen",
        "objection": "Einwand",
    },
    "mode": {
        "preview": "mit Vorschau", "pull": "auf Abruf", "progressive": "ohne Vorschau", "predictive": "vorausgewählt",
        "manual": "von Hand", "inbound": "Anruf bei uns", "by_hand": "selbst gewählt",
    },
    "state": {
        "reserved": "vorgemerkt", "placed": "aufgegeben", "ringing_agent": "klingelt am Tisch", "ringing_debtor": "klingelt beim Debitor",
        "talking": "im Gespräch", "wrap_up": "Nachbearbeitung", "unknown": "ungeklärt", "closed": "beendet",
    },
    "status": {
        "accepted": "angenommen", "held": "zurückgehalten", "rejected": "abgewiesen", "duplicate": "schon bekannt", "stale": "veraltet",
    },
}  # fmt: skip
"""Codes by the column that they stand in, in German."""
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_SUM = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def code_told(column: str, code: str) -> str:
    """A code of this column in the reader's words; one that has none as it is."""
    return CODES[column].get(code, code) if _LANGUAGE.get() == "de" else code


def link_told(text: str) -> str:
    """What an AMI link says of itself, for the reader."""
    return of_link(text, _LANGUAGE.get())


def day_told(text: str) -> str:
    """A day of an answer as the reader writes it; anything else as it is."""
    found = _DAY.fullmatch(text)
    return f"{found[3]}.{found[2]}.{found[1]}" if found and _LANGUAGE.get() == "de" else text


def is_currency(name: object) -> bool:
    return isinstance(name, str) and _CURRENCY.fullmatch(name) is not None


def sum_of(value: object) -> str:
    """A sum of an answer as the reader writes it; anything else as it is."""
    text = str(value)
    if _LANGUAGE.get() != "de" or not _SUM.fullmatch(text):
        return text
    return figure(f"{Decimal(text):,f}")


def figure(text: str) -> str:
    """A number written with ',' between thousands and '.' before decimals, as the reader writes it."""
    return text.translate(_MARKS) if _LANGUAGE.get() == "de" else text


_MARKS = str.maketrans({",": ".", ".": ","})


def day(on: date) -> str:
    """A day as the reader writes it."""
    return shown(on, _LANGUAGE.get(), "UTC")
