"""Legal states: what accounting writes has a name where a word is known, and stops everything either way."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from collectord.core.receivables.legal_states import NO_LEGAL_STATES, LegalStates, parse_legal_states
from collectord.core.rule_text import Problem, Table

SHIPPED = Path(__file__).parents[2] / "rules" / "legal_states.toml"


def read(text: str) -> tuple[LegalStates, list[Problem]]:
    problems: list[Problem] = []
    return parse_legal_states(Table(tomllib.loads(text), "", problems)), problems


def state(name: str, words: str) -> str:
    return (
        f'[state.{name}]\ntitle.en = "{name}"\ntitle.de = "{name.upper()}"\naddressee.en = "to {name}"\naddressee.de = "an {name}"\n'
        f"words = {words}\n"
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("insolvency", "insolvency"), ("Insolvenzverfahren eröffnet", "insolvency"), ("PRIVATINSOLVENZ", "insolvency"),
        ("Rechtsanwalt Dr. Muster", "lawyer"), ("verstorben am 3.4.", "deceased"), ("Erbengemeinschaft", "deceased"),
        ("Betreuung angeordnet", "guardian"), ("minderjährig", "minor"), ("handed over", "handed_over"), ("Inkasso", "handed_over"),
        ("factored", "factored"), ("abgetreten", "factored"), ("Mahnbescheid beantragt", "court"), ("i.L.", "dissolved"),
        ("Sonderfall", None), ("keine Insolvenz", None), ("not insolvent", None), ("Insolvenz: nein", None), ("n/a", None),
        ("Insolvenz nicht eröffnet", None), ("ohne Anwalt", None), ("false", None), ("Notar", None),
        ("Insolvenzverfahren Nichte", "insolvency"),
    ],
)  # fmt: skip
def test_the_words_that_accounting_uses_are_known(text: str, name: str | None) -> None:
    states, problems = read(SHIPPED.read_text(encoding="utf-8"))
    assert problems == []
    found = states.named(text)
    assert (found and found.name) == name


def test_the_longest_word_decides_and_what_has_no_word_has_no_name() -> None:
    states, _ = read(state("a", '["court"]') + state("b", '["court of heirs"]') + state("c", '["heirs"]'))
    assert [getattr(states.named(text), "name", None) for text in ("Court of Heirs", "the court", "other")] == ["b", "a", None]
    assert NO_LEGAL_STATES.named("insolvency") is None


def test_a_word_that_denies_something_itself_is_believed() -> None:
    states, _ = read(state("a", '["nicht geschäftsfähig"]') + state("b", '["geschäft"]'))
    assert [getattr(states.named(text), "name", None) for text in ("Nicht geschäftsfähig", "kein Geschäft", "Geschäft")] == ["a", None, "b"]


def test_explain_tells_text_name_and_addressee() -> None:
    states, _ = read(state("a", '["court"]'))
    assert states.document("Court", "de") == {"text": "Court", "name": "A", "instead": "an a"}
    assert states.document("odd", "de") == {"text": "odd", "name": None, "instead": None}
    assert states.document("", "de") is None


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (state("a", '["x"]'), "state.a.words", "a single letter"),
        (state("a", "[]"), "state.a.words", "words names none"),
        (state("a", '["court"]') + state("b", '["Court"]'), "state.b.words", "the word 'court' means a already"),
        (state("a", '["court"]').replace('title.de = "A"\n', ""), "state.a.title.de", "de is missing"),
        (state("a", '["court"]') + 'title_fr = "x"', "state.a.title_fr", "is not known here"),
        ('[states]\nx = 1', "states", "is not known here"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_at_its_key(text: str, path: str, words: str) -> None:
    _, problems = read(text)
    assert [problem.path for problem in problems] == [path]
    assert words in problems[0].sentence
