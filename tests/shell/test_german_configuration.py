"""What `check` says of configuration and rules, and what a link says of itself, is German for a German house; places and values stay."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectord import german
from collectord.german import of_configuration, of_link
from tests.shell.place import Place

HERE = Path(german.__file__).parent.parent
SAYING = {"complain", "_cannot_read", "NotMoney", "RuleProblem", "_complain"}
OTHERS = {
    "cannot add X and X",  # a fault of ours: amounts of two currencies
    "X: X", "hours: X",  # a sentence within a sentence
    "X is not known hereXX", "X holds X, which is no text in quotesX",  # made of parts: read below
}  # fmt: skip


def _read(node: ast.expr) -> Iterator[str]:
    """What an expression may say, with X for each value."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "X" for part in parts)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _read(body)
            yield from _read(orelse)


def _sentences(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in SAYING or (name == "ValueError" and path.name in ("values.py", "lines.py", "calling.py", "week.py", "rule_text.py")):
                yield from ((node.lineno, text) for text in _read(node.args[-1]))


FILES = [*sorted((HERE / "core").rglob("*.py")), HERE / "edge" / "rules_files.py", *sorted((HERE / "settings").glob("*.py"))]


def test_every_sentence_about_a_rule_or_a_setting_has_its_german() -> None:
    said = [(path.name, line, text) for path in FILES for line, text in _sentences(path) if " " in text and text not in OTHERS]
    assert len(said) > 150
    assert [one for one in said if of_configuration(one[2], "de") == one[2]] == []


@pytest.mark.parametrize(
    ("english", "german"),
    [
        (
            "/c/ladders.toml:7: ladder.x.level[2].after_due: after_due = 3 is not a duration like 90s, 15m, 36h or 7d",
            "/c/ladders.toml:7: ladder.x.level[2].after_due: after_due = 3 passt nicht; erwartet wird eine Dauer wie 90s, 15m, 36h oder 7d",
        ),
        (
            "c.toml: line 16: pbx[1] (main).port: 99999 is wrong; expected at most 65535",
            "c.toml: line 16: pbx[1] (main).port: 99999 ist falsch; erwartet wird höchstens 65535",
        ),
        (
            "c.toml: line 3: language: 'fr' is wrong; expected 'de' or 'en'",
            "c.toml: line 3: language: 'fr' ist falsch; erwartet wird 'de' oder 'en'",
        ),
        (
            "c.toml: line 2: trunk 'trunk': pbx = 'other' is not defined; expected one of ['main']",
            "c.toml: line 2: trunk 'trunk': pbx = 'other' ist nicht definiert; erwartet wird eines von ['main']",
        ),
        (
            "x.toml: line 16: this is no TOML: the closing bracket ] is missing",
            "x.toml: line 16: das ist kein TOML: die schließende Klammer ] fehlt",
        ),
        ("f:1: nose is not known here; known keys: a, b", "f:1: nose ist hier unbekannt; bekannte Schlüssel: a, b"),
        (
            "f:1: nose is not known here; did you mean name? Known keys: a, b",
            "f:1: nose ist hier unbekannt; meinten Sie name? Bekannte Schlüssel: a, b",
        ),
        (
            'f:1: k holds 7, which is no text in quotes; write "7"',
            'f:1: k enthält 7, das ist kein Text in Anführungszeichen; schreiben Sie "7"',
        ),
        ("a sentence that is nobody's", "a sentence that is nobody's"),
    ],
)
def test_place_key_and_value_stay_letter_for_letter(english: str, german: str) -> None:
    assert of_configuration(english, "de") == german
    assert of_configuration(english, "en") == english


@pytest.mark.parametrize(
    ("english", "german"),
    [
        (
            "main (127.0.0.1:5038) cannot be reached: no connection: Connection refused",
            "main (127.0.0.1:5038) ist nicht erreichbar: keine Verbindung: Verbindung abgelehnt",
        ),
        (
            "main (10.0.0.1:5038) refuses the login 'collectord' (Authentication failed): check username, secret, and permit/deny of"
            " that user in manager.conf",
            "main (10.0.0.1:5038) weist die Anmeldung ab: 'collectord' (Authentication failed); prüfen Sie Benutzer, Kennwort und"
            " permit/deny dieses Benutzers in manager.conf",
        ),
        (
            "main (h:1) lets 'c' in without the right to ask for its state (Permission denied): add `reporting` to write=",
            "main (h:1) lässt 'c' ein, aber ohne das Recht, nach dem Zustand zu fragen (Permission denied); `reporting` in write= ergänzen",
        ),
        ("no answer to Ping within 10 s", "keine Antwort auf Ping within 10 s"),
    ],
)
def test_a_link_says_in_german_what_is_wrong_with_it(english: str, german: str) -> None:
    assert of_link(english, "de") == german
    assert of_link(english, "en") == english


def test_check_is_german_on_the_terminal_and_its_document_stays(place: Place) -> None:
    place.rewrite("port = 5038", "port = 99999")
    document = place.run("check", "--json", now=None, env={"COLLECTORD_LANGUAGE": "de"})
    assert "expected at most 65535" in json.loads(document.out)["problems"][0]
    terminal = place.run("check", now=None, env={"COLLECTORD_LANGUAGE": "de"})
    assert (terminal.status, terminal.out) == (2, "")
    assert "99999 ist falsch; erwartet wird höchstens 65535" in terminal.err


def test_a_file_that_is_no_toml_is_told_of_in_the_language_that_it_names(place: Place) -> None:
    del place.env["COLLECTORD_LANGUAGE"]
    place.rewrite("[contact]", "[contact")
    assert "die schließende Klammer ] fehlt" in place.run("status", now=None).err
    place.rewrite('language = "de"', 'language = "en"')
    assert "the closing bracket ] is missing" in place.run("status", now=None).err


def test_a_wrong_rule_is_told_of_in_german(place: Place) -> None:
    path = place.config.parent / "rules" / "ladders.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\nnonsense = 1\n", encoding="utf-8")
    answer = place.run("plan", env={"COLLECTORD_LANGUAGE": "de"})
    assert answer.status == 2
    assert "ist hier unbekannt" in answer.err
    assert "is not known here" in place.run("plan").err
