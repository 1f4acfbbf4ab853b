"""The rules: everything a team lead wrote in `rules/`, read and checked.

Owns the bundle that decisions get, and what `check` says about it. Reads no file: that is edge/rules_files.
Invariant: frozen; a bundle exists only when no file had a problem, and a reload makes a new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from collectord.core.contact.contact_rules import guard_rules
from collectord.core.contact.frame_rules import FRAME_RULES
from collectord.core.contact.packs import Limit, Pack, Quiet, unknown_packs
from collectord.core.exports.source_profiles import Profile, overlaps, uncovered
from collectord.core.house import House
from collectord.core.receivables.claim_rules import ClaimRules
from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.legal_states import NO_LEGAL_STATES, LegalStates
from collectord.core.receivables.objections import Card
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.risk_rules import NO_RISK_RULES, RiskRules, Risks
from collectord.core.receivables.script_set import NO_SCRIPTS, Scripts
from collectord.core.receivables.strategies import NO_FRAMES, Frames
from collectord.core.receivables.triggers import Trigger
from collectord.core.telephony.allocation_rules import PLAIN_ALLOCATION, AllocationRules
from collectord.core.telephony.disposition_rules import FollowUpRules
from collectord.core.wording import Texts, phrase

TEXTS: Texts = {
    "unknown-pack": (
        "collectord.toml, contact.packs: there is no pack {pack} in rules/packs; until it exists nobody is called. Known: {known}.",
        "collectord.toml, contact.packs: das Regelpaket {pack} fehlt in rules/packs; solange wird niemand angerufen. Bekannt: {known}.",
    ),
    "never-in-force": (
        "packs/{pack}.toml is never in force: contact.packs does not name it and it names no country.",
        "packs/{pack}.toml gilt nie: contact.packs nennt es nicht, und es nennt kein Land.",
    ),
    "sources-overlap": (
        "sources/{one}.toml and sources/{other}.toml both fit a file named {file}; it would be refused. Make names or begins differ.",
        "sources/{one}.toml und sources/{other}.toml passen beide auf eine Datei {file}; sie würde abgewiesen. names oder begins"
        " unterscheidbar machen.",
    ),
    "uncovered-source": (
        "sources/{name}.toml opens items and no list covers it: its debtors are never called. Name it in covers of your list's profile.",
        "sources/{name}.toml eröffnet Posten, und keine Liste deckt sie ab: ihre Debitoren werden nie angerufen. In covers des Profils"
        " Ihrer Liste nennen.",
    ),
    "never-fires": (
        "packs/{pack}.toml: the rule {rule} can never refuse before {stricter} does.",
        "packs/{pack}.toml: die Regel {rule} kann nie vor {stricter} ablehnen.",
    ),
}

WITHOUT: Texts = {  # what holds where a file is missing
    "strategies.toml": (
        "no strategies: every debtor gets what the ladder says, as often as the packs allow",
        "keine Strategien: jeder Debitor bekommt, was die Leiter sagt, so oft die Regelpakete es erlauben",
    ),
    "debtors.toml": ("no debtor gets anything differently", "für keinen Debitor gilt etwas anderes"),
    "objections.toml": ("no objection cards", "keine Einwandkarten"),
    "claims.toml": ("the claim calculator is off", "der Forderungsrechner ist aus"),
    "triggers.toml": (
        "nobody is contacted before the ladder would, nobody's risk of paying late is estimated",
        "niemand wird vor der Leiter angesprochen, für niemanden das Risiko verspäteter Zahlung geschätzt",
    ),
    "legal_states.toml": (
        "a legal state stops every medium, and none has a name or another addressee",
        "ein Rechtszustand stoppt jedes Medium, und keiner hat einen Namen oder einen anderen Adressaten",
    ),
    "allocation.toml": (
        "who is called first goes by the steps' priority; the hours of a day and all else are the program's own",
        "die Reihenfolge der Anrufe folgt der Priorität der Stufen; Arbeitsstunden und alles Übrige gibt das Programm vor",
    ),
    "sources": ("only the canonical CSV can be read", "nur die kanonische CSV kann gelesen werden"),
    "scripts": ("agents see no call scripts", "Agenten sehen keine Gesprächsleitfäden"),
    "templates": ("no letter and no e-mail has a text", "kein Brief und keine E-Mail hat einen Text"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    packs: Mapping[str, Pack]  # by file name
    ladders: tuple[Ladder, ...]  # in the order of the file: the first that fits a debtor is taken
    dispositions: FollowUpRules
    sources: Mapping[str, Profile] = field(default_factory=dict)  # by file name in rules/sources; "canonical" is always there
    frames: Frames = NO_FRAMES  # strategies.toml and debtors.toml
    claims: ClaimRules = field(default_factory=ClaimRules)  # claims.toml
    objections: Mapping[str, Card] = field(default_factory=dict)  # objections.toml, by code
    triggers: tuple[Trigger, ...] = ()
    risk: RiskRules = NO_RISK_RULES
    legal_states: LegalStates = NO_LEGAL_STATES
    allocation: AllocationRules = PLAIN_ALLOCATION
    scripts: Scripts = NO_SCRIPTS  # scripts/ and templates/
    warnings: tuple[str, ...] = ()  # what the files say together and hardly mean, with file and line

    @property
    def policy(self) -> Policy:
        """What besides a ladder decides whether a contact is wanted."""
        return Policy(
            frames=self.frames,
            triggers=self.triggers,
            risks=Risks(rules=self.risk),
            legal_states=self.legal_states,
            value=self.allocation.value,
        )

    def rule_ids(self) -> tuple[str, ...]:
        """Every rule that may be named in a refusal or warning; stable between versions (CONTRACT 6)."""
        return (*guard_rules(), *FRAME_RULES, *(rule for name in sorted(self.packs) for rule in self.packs[name].rule_ids()))


def rule_warnings(rules: Rules, house: House) -> tuple[str, ...]:
    """Rules that can never fire, in sentences."""
    found = list(_warnings(rules, house))
    return tuple(phrase(TEXTS, code, house.language, **values) for code, values in found)


def _warnings(rules: Rules, house: House) -> Iterator[tuple[str, dict[str, object]]]:
    for name in unknown_packs(rules.packs, house.packs):
        yield "unknown-pack", {"pack": name, "known": sorted(rules.packs)}
    for one, other, file in overlaps(rules.sources.values()):
        yield "sources-overlap", {"one": one, "other": other, "file": file}
    for name in uncovered(rules.sources.values()):
        yield "uncovered-source", {"name": name}
    for name, pack in sorted(rules.packs.items()):
        if name not in house.packs and not (pack.countries and "auto" in house.packs):
            yield "never-in-force", {"pack": name}
        for position, limit in enumerate(pack.limits):
            others = [other for other in (*pack.limits[:position], *pack.limits[position + 1 :]) if _covers(other, limit)]
            if others and not (position < pack.limits.index(others[0]) and _covers(limit, others[0])):
                yield "never-fires", {"pack": name, "rule": limit.id, "stricter": others[0].id}
        for quiet in pack.quiets:
            stricter = [other for other in pack.quiets if other is not quiet and _longer(other, quiet)]
            if stricter:
                yield "never-fires", {"pack": name, "rule": quiet.id, "stricter": stricter[0].id}


def _covers(one: Limit, other: Limit) -> bool:
    """Whenever `other` is reached, `one` is too."""
    return (
        one.scope == other.scope
        and one.counts >= other.counts
        and one.max <= other.max
        and one.per >= other.per
        and (one.in_days is None) == (other.in_days is None)
        and one.unless <= other.unless
    )


def _longer(one: Quiet, other: Quiet) -> bool:
    return one.scope == other.scope and one.free_from > other.free_from and one.unless <= other.unless
