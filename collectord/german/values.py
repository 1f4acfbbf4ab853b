"""German for what a sentence about a configuration or a rule file expects: kinds of values, bounds.

Owns these pairs. `{1}` stands for any text.
Invariant: a key's name and a value to be typed stay as they are typed.
"""

from __future__ import annotations

from collections.abc import Mapping

VALUES: Mapping[str, str] = {
    "true or false": "true oder false",
    "text in quotes": "Text in Anführungszeichen",
    "a whole number": "eine ganze Zahl",
    "a list": "eine Liste",
    "a table": "eine Tabelle",
    "a path in quotes": "ein Pfad in Anführungszeichen",
    "at least {1}": "mindestens {1}",
    "at most {1}": "höchstens {1}",
    "'{1}' or '{2}'": "'{1}' oder '{2}'",
    "two capital letters, like DE": "zwei Großbuchstaben wie DE",
    'money in quotes, like "{1}"': 'ein Betrag in Anführungszeichen wie "{1}"',
    'a number in quotes, like "{1}"': 'eine Zahl in Anführungszeichen wie "{1}"',
    "a duration like 90s, 15m, 36h or 7d": "eine Dauer wie 90s, 15m, 36h oder 7d",
    "a date without quotes, like 2026-12-24": "ein Datum ohne Anführungszeichen wie 2026-12-24",
    'a time of day in quotes, like "08:00"': 'eine Uhrzeit in Anführungszeichen wie "08:00"',
    'a list of texts, like ["a", "b"]': 'eine Liste von Texten wie ["a", "b"]',
    "a list of tables, written [[{1}]]": "eine Liste von Tabellen, geschrieben [[{1}]]",
    "a duration like 3d, or after_contact or after_month_end instead": (
        "eine Dauer wie 3d, oder stattdessen after_contact oder after_month_end"
    ),
    "the AMI secret": "das AMI-Kennwort",
    "the mail server's password": "das Kennwort des Mailservers",
    "nothing": "nichts",
    "none": "keine",
}
