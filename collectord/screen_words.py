"""Screen words: headings and titles of screens in the reader's language.

Owns the German of what a screen calls things. Knows no answer: keys of `--json`, codes that people type (states, media, dispositions) and
names in rule files stay as they are. Invariant: what has no German word is shown in English, never left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

from collectord.core.wording import Language, shown

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


def day(on: date) -> str:
    """A day as the reader writes it."""
    return shown(on, _LANGUAGE.get(), "UTC")
