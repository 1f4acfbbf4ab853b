"""Legal states: what accounting may write about a debtor whom nobody may contact any more, and who is to be addressed instead.

Owns the shape and the reading of `rules/legal_states.toml`, and the naming of a text. Stops nothing itself: every legal state stops every
medium, named here or not, because a doubt means no contact.
Invariant: a text without a known word, or that denies something, has no name, and no other consequence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from collectord.core.rule_text import Table
from collectord.core.wording import Language

_DENIES = re.compile(r"\b(?:no|not|non|never|without|kein(?:e[nmrs]?)?|nicht|nie|ohne|nein|false|falsch)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalState:
    name: str
    title: Mapping[Language, str]
    addressee: Mapping[Language, str]  # whom letters and questions go to
    words: tuple[str, ...]  # case-folded; a text that holds one means this state


@dataclass(frozen=True, slots=True)
class LegalStates:
    listed: tuple[LegalState, ...] = ()

    def named(self, text: str) -> LegalState | None:
        """The state that a text means: the one with the longest word in it, of equals the first of the file.

        In a text that denies something ("keine Insolvenz") only a word that does so itself is believed.
        """
        folded = text.casefold()
        denied = _DENIES.search(folded) is not None
        words = ((word, position) for position, one in enumerate(self.listed) for word in one.words if word in folded)
        found = [(len(word), -position) for word, position in words if not denied or _DENIES.search(word)]
        return self.listed[-max(found)[1]] if found else None

    def document(self, text: str, language: Language) -> dict[str, str | None] | None:
        """What `explain` says of it; None: there is no legal state."""
        if not text:
            return None
        named = self.named(text)
        if named is None:
            return {"text": text, "name": None, "instead": None}
        return {"text": text, "name": named.title[language], "instead": named.addressee[language]}


NO_LEGAL_STATES = LegalStates()


def parse_legal_states(table: Table) -> LegalStates:
    """The whole of `legal_states.toml`. Problems are collected in the table."""
    listed = tuple(_state(name, inner) for name, inner in table.named("state"))
    table.done()
    known: dict[str, str] = {}
    for one in listed:
        for word in one.words:
            if word in known and known[word] != one.name:
                table.complain(f"state.{one.name}.words", f"the word {word!r} means {known[word]} already; each word has one meaning")
            known.setdefault(word, one.name)
    return LegalStates(listed)


def _state(name: str, table: Table) -> LegalState:
    state = LegalState(
        name=name,
        title=dict(_both(table, "title")),
        addressee=dict(_both(table, "addressee")),
        words=tuple(word.strip().casefold() for word in table.texts("words")),
    )
    table.done()
    if "words" in table.data and not all(len(word) >= 2 for word in state.words):
        table.complain("words", "words holds an empty text or a single letter, which would be found in nearly everything")
    if isinstance(table.data.get("words"), list) and not state.words:
        table.complain("words", 'words names none; write what accounting may write, like words = ["insolvency", "Insolvenz"]')
    return state


def _both(table: Table, key: str) -> Iterator[tuple[Language, str]]:
    inner = table.table(key)
    yield "en", inner.text("en")
    yield "de", inner.text("de")
    inner.done()
