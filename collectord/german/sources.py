"""German for sentences about source profiles: columns, files and totals of an export.

Owns these pairs. `{1}` stands for any text.
Invariant: a key's name and a value to be typed stay as they are typed.
"""

from __future__ import annotations

from collections.abc import Mapping

SOURCES: Mapping[str, str] = {
    "decimal and thousands must be different characters": "decimal und thousands müssen verschiedene Zeichen sein",
    "minus must name at least one of {1}": "minus muss mindestens eines nennen: {1}",
    "dates must hold at least one form like dd.mm.yyyy": "dates muss mindestens eine Form wie dd.mm.yyyy enthalten",
    "positions count from 1": "Positionen zählen ab 1",
    '{1} is a list of column names, like ["Company", "Document"]': '{1} ist eine Liste von Spaltennamen wie ["Company", "Document"]',
    "{1}: say where it stands with one of {2}": "{1}: mit einem von {2} angeben, wo es steht",
    "{1} is no amount; less and sign are for amounts": "{1} ist kein Betrag; less und sign sind für Beträge",
    'a sign column needs its words: sign = "S/H", plus = ["S"], minus = ["H"]': (
        'eine Spalte für das Vorzeichen braucht ihre Wörter: sign = "S/H", plus = ["S"], minus = ["H"]'
    ),
    "{1} is no day; dates, days_after and unreadable are for days": "{1} ist kein Tag; dates, days_after und unreadable sind für Tage",
    "join_also adds parts to join; give join its first part": "join_also fügt join Teile hinzu; join braucht seinen ersten Teil",
    'days and days_after belong together: days_after = "invoiced_on", days = 14': (
        'days und days_after gehören zusammen: days_after = "invoiced_on", days = 14'
    ),
    "{1} is no column of collectord; known are {2}": "{1} ist keine Spalte von collectord; bekannt sind {2}",
    "[columns] has no {1} whose words could be translated": "[columns] hat kein {1}, dessen Wörter zu übersetzen wären",
    "{1} is a column's name in quotes, a list of names, a position, or a table": (
        "{1} ist ein Spaltenname in Anführungszeichen, eine Liste von Namen, eine Position oder eine Tabelle"
    ),
    "the canonical form is fixed (docs/SOURCES.md); only title, complete, guards and scope may stand here: write a profile": (
        "die kanonische Form steht fest (docs/SOURCES.md); nur title, complete, guards und scope dürfen hier stehen: ein Profil schreiben"
    ),
    'special = "{1}" reads the columns by itself; leave [columns] out': 'special = "{1}" liest die Spalten von selbst; [columns] weglassen',
    "terms is for special profiles; in [columns] write {1}": "terms ist für special-Profile; in [columns] schreiben Sie {1}",
    "only a list of open items (mode snapshot, not only_new) can be complete for other sources": (
        "nur eine Liste offener Posten (mode snapshot, nicht only_new) kann für andere Quellen vollständig sein"
    ),
    "also names another profile as which the same file is read, too": (
        "also nennt ein anderes Profil, als das dieselbe Datei ebenfalls gelesen wird"
    ),
    "only open items can be cleared": "nur offene Posten können ausgeglichen werden",
    'accounts holds ranges of debtor numbers of one length, like ["10000-39999"]': (
        'accounts enthält Bereiche gleich langer Debitorennummern wie ["10000-39999"]'
    ),
    "encodings must name at least one encoding": "encodings muss mindestens eine Kodierung nennen",
    "{1} cannot be told apart without a byte-order mark; declare one of them": (
        "{1} sind ohne Byte-Order-Mark nicht zu unterscheiden; eine davon angeben"
    ),
    'column is missing; name the column to look at, or "*" for the first filled cell': (
        'column fehlt; die Spalte nennen, um die es geht, oder "*" für die erste gefüllte Zelle'
    ),
    "a condition needs one of is, is_not, begins, filled, amount": "eine Bedingung braucht eines von is, is_not, begins, filled, amount",
    "a total needs sum or count: the column that holds it": "eine Summe braucht sum oder count: die Spalte, in der sie steht",
    '{1} needs either above = "text before it" or column = "its column"': '{1} braucht above = "Text davor" oder column = "seine Spalte"',
    "{1} is missing; say which column of the file holds it": "{1} fehlt; angeben, in welcher Spalte der Datei es steht",
    "{1}, but [columns] does not say where that stands": "{1}, aber [columns] sagt nicht, wo das steht",
    "a file without a header (header_within = 0) needs the column's position": (
        "eine Datei ohne Kopfzeile (header_within = 0) braucht die Position der Spalte"
    ),
    "encodings holds {1}, which is no encoding; known are utf-8, utf-8-sig, cp1252, utf-16, …": (
        "encodings enthält {1}, das ist keine Kodierung; bekannt sind utf-8, utf-8-sig, cp1252, utf-16, …"
    ),
    "{1} sends lists of its own, by which its items are cleared and fresh; it cannot be covered by another": (
        "{1} sendet eigene Listen, nach denen seine Posten ausgeglichen und aktuell sind; eine andere Quelle kann es nicht abdecken"
    ),
    "there is no profile {1} in sources/": "es gibt kein Profil {1} in sources/",
}
