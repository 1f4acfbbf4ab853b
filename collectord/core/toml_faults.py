"""What a TOML parser's refusal means for the person who wrote the file.

Owns the way from the parser's message to a line and a sentence. Parses nothing itself.
Invariant: a fault that is not known keeps the parser's own words; a key that is named stands in that line.
"""

from __future__ import annotations

import re

from collectord.core.toml_lines import HEADER, KEY, statements

_AT_LINE = re.compile(r"^(.*) \(at (?:line ([0-9]+), column [0-9]+|end of document)\)$", re.DOTALL)
_ZERO_IN_FRONT = re.compile(r"=\s*(0[0-9]+)\s*(?:#|$)", re.ASCII)
_BARE = re.compile(r"=\s*([^\s\"'\[\]{}#][^\"'\[\]{}#]*?)\s*(?:#|$)")
_ENDS_EARLY = ("Illegal character '\\n'", "Found invalid character '\\n'", "Unterminated string", 'Expected "\'"', "Expected \"'''\"")
_OPENED_BY = {'Expected "\'"': "'", "Expected \"'''\"": "'''"}
_OTHER = {
    "Unclosed array": "a list is not closed: a ] is missing, or a comma between two entries",
    "Expected ']' at the end of a table declaration": "the closing bracket ] is missing",
    "Expected ']]' at the end of an array declaration": "the closing brackets ]] are missing",
    "Expected '=' after a key in a key/value pair": "there is no = after the key; a comment begins with #",
}


def toml_fault(text: str, error: Exception) -> tuple[int, str]:
    """(line, sentence) of what `tomllib.loads(text)` raised."""
    found = _AT_LINE.match(str(error))
    lines = text.splitlines()
    why = found[1] if found else str(error)
    number = int(found[2]) if found and found[2] else text.count("\n") + 1 if found else 1
    if why in _OPENED_BY:  # the parser looked for its end until the end of the file
        number = text.count("\n", 0, text.rfind(_OPENED_BY[why])) + 1
    line = lines[number - 1] if number <= len(lines) else ""
    return number, f"this is no TOML: {_meaning(text, why, number, line)}"


def _meaning(text: str, why: str, number: int, line: str) -> str:
    if zero := _ZERO_IN_FRONT.search(line):
        return f'{why}; {zero[1]} begins with 0, so it must stand in quotes: "{zero[1]}"'
    if why in _ENDS_EARLY:
        return "the closing quote is missing"
    if why == "Cannot overwrite a value" or why.startswith("Cannot declare"):
        return _twice(text, number) or why
    bare = _BARE.search(line)
    if bare and (why == "Invalid value" or why.startswith("Expected newline")):
        return f'{bare[1]} must stand in quotes: "{bare[1]}"'
    return _OTHER.get(why, why)


def _twice(text: str, number: int) -> str:
    """Which key or table stands a second time at this line, and where the first one is."""
    keys: dict[str, int] = {}
    tables: dict[str, int] = {}
    for began, statement in statements(text):
        header, key = HEADER.match(statement), KEY.match(statement)
        last = began + statement.count("\n")
        if header:
            name, keys = header[2], {}
            if last >= number:
                first = f", first in line {tables[name]}" if name in tables else ""
                return f"the table {name} stands twice{first}; put all of it under one, or write [[{name}]] at each if there may be several"
            tables.setdefault(name, began)
        elif key:
            name = key[1]
            if last >= number:
                first = f", first in line {keys[name]}" if name in keys else ""
                return f"{name} stands twice{first}; keep one of the two"
            keys.setdefault(name, began)
    return ""
