"""The words of `record`: one request's options as they are read one after the other.

Owns the reading of texts and numbers out of options, what is collected on the way, and the refusal. Knows no option's meaning.
Invariant: nothing of a refused request leaves this shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from collectord.core.contact.corrections import Correction
from collectord.core.contact.dial_numbers import to_dial_number
from collectord.core.contact.facts import Contact, DebtorFacts, Fact
from collectord.core.house import House
from collectord.core.receivables.told import Outcome
from collectord.core.wording import Texts, phrase

NONE = frozenset({"none", "-", "keiner", "keine"})  # takes back what was recorded before
LONGEST = 2_000  # characters of a note or a reason

TEXTS: Texts = {
    "unreadable": ("{option} {value}: {problem}", "{option} {value}: {problem}"),
    "long": ("{option} is longer than {limit} characters", "{option} ist länger als {limit} Zeichen"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeTerms:
    """What the rules say about a dispute of today: who answers it by when, and how long accounting should block."""

    owner: str = ""
    answer_by: date | None = None
    block_until: date | None = None


NO_TERMS = DisputeTerms()


class RecordRefused(Exception):
    """The words cannot be taken; one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What is to be written. `said`: (kind, what) for the answer and the audit."""

    facts: tuple[Fact, ...] = ()
    revoked: tuple[str, ...] = ()  # ids of facts that end now
    contacts: tuple[Contact, ...] = ()
    outcomes: tuple[Outcome, ...] = ()  # for accounting
    corrections: tuple[Correction, ...] = ()  # `was` is the store's to fill in
    fields_taken_back: tuple[str, ...] = ()  # whose corrections end now
    said: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True, kw_only=True)
class Reading:
    args: Mapping[str, Any]
    known: DebtorFacts
    rule_ids: frozenset[str]
    house: House
    now: datetime
    actor: str
    new_id: Callable[[], str]
    dispute: DisputeTerms
    facts: list[Fact] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    fields_taken_back: list[str] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)

    @property
    def who(self) -> dict[str, Any]:
        return {"company": self.known.key.company, "debtor_no": self.known.key.debtor_no}

    def text(self, name: str) -> str | None:
        value = self.args.get(name)
        if value is None:
            return None
        text = " ".join(str(value).split())
        if len(text) > LONGEST:
            raise self.refused("long", option=option_of(name), limit=LONGEST)
        return text

    def refused(self, code: str, texts: Texts = TEXTS, /, **values: object) -> RecordRefused:
        return RecordRefused(phrase(texts, code, self.house.language, self.house.time_zone, **values))

    def add(
        self,
        kind: str,
        value: str = "",
        *,
        reason: str | None = None,
        until: Any = None,
        owner: str = "",
        answer_by: date | None = None,
    ) -> None:
        self.facts.append(
            Fact(
                **self.who,
                id=self.new_id(),
                at=self.now,
                kind=kind,
                value=value,
                reason=reason if reason is not None else self.text("reason") or self.text("note") or "",
                actor=self.actor,
                until_on=until,
                owner=owner,
                answer_by=answer_by,
            )
        )
        self.said.append((kind, value))

    def take_back(self, kind: str) -> None:
        """What was recorded before of this kind ends."""
        self.revoked += [fact.id for fact in self.known.known(kind)]

    def number(self, name: str) -> str | None:
        """The option's number in E.164."""
        value = self.text(name)
        if value is None:
            return None
        country = self.known.debtor.country or self.house.country
        read = to_dial_number(value, 1, country, self.house.language)
        if read.e164 is None:
            raise self.refused("unreadable", option=option_of(name), value=value, problem=read.problem or "?")
        return read.e164

    def learnt(self) -> Learnt:
        """All of it, once every option was understood."""
        return Learnt(
            facts=tuple(self.facts),
            revoked=tuple(dict.fromkeys(self.revoked)),
            contacts=tuple(self.contacts),
            outcomes=tuple(self.outcomes),
            corrections=tuple(self.corrections),
            fields_taken_back=tuple(self.fields_taken_back),
            said=tuple(self.said),
        )


def option_of(name: str) -> str:
    """`number_wrong` -> `--number-wrong`."""
    return "--" + name.replace("_", "-")
