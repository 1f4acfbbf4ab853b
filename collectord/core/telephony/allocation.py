"""Allocation: which waiting task the next free agent gets.

Owns the order of tasks and the match of agent and case. Knows no calling hours (the gate's) and no PBX.
Invariant: a placement names an agent of the desk and a candidate that is due; the same input gives the same placement in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from collectord.core.receivables.call_value import ONE
from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.strategies import Frames
from collectord.core.receivables.tasks import Origin, Task
from collectord.core.telephony.best_time import BUSINESS
from collectord.core.telephony.modes import Mode, mode_of
from collectord.core.wording import Language, Texts, phrase

# A callback belongs to the agent who agreed it, but the debtor was promised a call: after so long anybody who is free keeps it.
BOUND_FOR = timedelta(minutes=15)

TEXTS: Texts = {
    "nobody": ("Nobody is free.", "Niemand ist frei."),
    "no-tasks": ("No task is waiting.", "Es wartet keine Aufgabe."),
    "later": ("The next task is due later.", "Die nächste Aufgabe ist erst später fällig."),
    "no-match": (
        "{count} {count:task waits|tasks wait} for an agent, a skill or a language that nobody free has.",
        "{count} {count:Aufgabe wartet|Aufgaben warten} auf eine Person, Fähigkeit oder Sprache, die gerade niemand Freies hat.",
    ),
    "not-asked": (
        "{count} {count:task waits|tasks wait} until somebody asks for the next case.",
        "{count} {count:Aufgabe wartet|Aufgaben warten} darauf, dass jemand den nächsten Fall anfordert.",
    ),
    "breath": (
        "{count} {count:task waits|tasks wait} for the end of a breath after a talk.",
        "{count} {count:Aufgabe wartet|Aufgaben warten} auf das Ende einer Atempause nach einem Gespräch.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeAgent:
    """Somebody who may be rung now. Empty `languages`: speaks whatever comes."""

    id: str
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    endpoint: str = ""
    pbx: str = ""
    asked: bool = False  # for the next case
    breath_until: datetime | None = None  # after a talk: until then no case that is dialled at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A ready task with what the match needs of its debtor."""

    task: Task
    language: str = ""  # "" = any
    owner: str = ""  # agent who looks after the debtor, "" = nobody
    spoke_last: str = ""  # agent who spoke with the debtor last
    factor: Decimal = ONE  # what this hour makes of the task's value
    potential_class: str = ""  # as the export has it
    person_type: str = ""
    time_zone: str = ""  # "" = the house's
    only: str = ""  # nobody but this agent, says rules/debtors.toml
    mode: Mode = Mode.PREVIEW
    owner_first: bool = False  # while the owner is at work it waits for the owner, says rules/strategies.toml


@dataclass(frozen=True, slots=True)
class Placement:
    task: Task
    agent: FreeAgent


@dataclass(frozen=True, slots=True)
class Nothing:
    """No placement; `until` is when the answer may change by time alone."""

    why: str
    until: datetime | None
    passing: bool = False  # a matter of seconds


def choose(
    candidates: Iterable[Candidate],
    desk: tuple[FreeAgent, ...],
    now: datetime,
    *,
    spoken: frozenset[str] | None = None,
    reach: Mapping[str, frozenset[str]] | None = None,
    at_work: tuple[FreeAgent, ...] = (),
    language: Language = "en",
) -> Placement | Nothing:
    """The most urgent due candidate that somebody on the desk can take, and the best of those for it. One pass over the candidates.

    First what was agreed with the debtor, then the expected value per agent minute at this hour, priority, money (the largest sum in one
    currency), age. Where no value is planned (order = "priority") all are worth 0, and the rest decides. `spoken`: all languages that any
    agent of the house speaks; a debtor's language outside of it binds nobody (None: every language binds). `reach`: company -> PBXes with a
    trunk for its calls; of a company that it does not name nothing is known, and whoever places the call finds out. `at_work`: the desk and
    those who will be free again in a moment, because they are in a call.
    """
    if not desk:
        return Nothing(phrase(TEXTS, "nobody", language), None)
    by_id = {agent.id: agent for agent in desk}
    matching, soon = matcher(desk, spoken), matcher(at_work, spoken)
    fit = _fitting(reach or {}, now)
    best: tuple[_Rank, Candidate, tuple[FreeAgent, ...]] | None = None
    waiting, moments, held = 0, [], set[str]()
    for candidate in candidates:
        task = candidate.task
        if task.expires_at is not None and task.expires_at <= now:
            continue
        if task.not_before > now:
            moments.append(task.not_before)
            continue
        bound_until = _bound_until(task, now)
        if bound_until is not None:
            agent = by_id.get(task.agent)
            able: tuple[FreeAgent, ...] = (agent,) if agent else ()
        elif candidate.only:
            able = tuple(agent for agent in desk if agent.id == candidate.only)
        else:
            able = matching(task.skill, candidate.language)
            if candidate.owner_first and any(agent.id == candidate.owner for agent in soon(task.skill, candidate.language)):
                able = tuple(agent for agent in able if agent.id == candidate.owner)
        there, able = fit(able, task.company, candidate.mode)
        if not able:
            waiting += 1
            held.add("no-match" if not there else "not-asked" if candidate.mode is Mode.PULL else "breath")
            moments += [until for agent in there if (until := _out_of_breath(agent, candidate.mode, now))]
            if bound_until is not None and bound_until is not STRICTLY:
                moments.append(bound_until)
            continue
        rank = _rank(candidate)
        if best is None or rank < best[0]:
            best = (rank, candidate, able)
    if best is None:
        code = "no-match" if len(held) > 1 else held.pop() if held else "later" if moments else "no-tasks"
        return Nothing(phrase(TEXTS, code, language, count=waiting), min(moments, default=None), passing=code == "breath")
    _, chosen, able = best
    return Placement(chosen.task, min(able, key=lambda agent: _fit(agent, chosen)))


def may_go_ahead(candidate: Candidate, *, private: bool) -> bool:
    """Whoever is free may speak with this debtor, and nobody need be there before the debtor is dialled."""
    given = candidate.task.agent or candidate.only or candidate.owner_first
    return candidate.mode is Mode.PREDICTIVE and not given and (candidate.person_type == BUSINESS or private)


def in_modes(candidates: Iterable[Candidate], ladders: Sequence[Ladder], usual: Mode) -> list[Candidate]:
    """The candidates with how their calls begin."""
    return [replace(one, mode=mode) if (mode := mode_of(one.task, ladders, usual)) is not one.mode else one for one in candidates]


def _fitting(
    reach: Mapping[str, frozenset[str]], now: datetime
) -> Callable[[tuple[FreeAgent, ...], str, Mode], tuple[tuple[FreeAgent, ...], tuple[FreeAgent, ...]]]:
    """Of these agents those whose PBX can call for the company, and of those the ones who may be rung in this mode; each looked up once."""
    found: dict[tuple[int, str, Mode], tuple[tuple[FreeAgent, ...], tuple[FreeAgent, ...]]] = {}
    kept: list[tuple[FreeAgent, ...]] = []  # so that no id is used twice

    def fitting(able: tuple[FreeAgent, ...], company: str, mode: Mode) -> tuple[tuple[FreeAgent, ...], tuple[FreeAgent, ...]]:
        key = (id(able), company, mode)
        if key not in found:
            there = tuple(agent for agent in able if agent.pbx in reach[company]) if company in reach else able
            kept.append(able)
            found[key] = there, there if mode is Mode.PREVIEW else tuple(agent for agent in there if _may_be_rung(agent, mode, now))
        return found[key]

    return fitting


def _may_be_rung(agent: FreeAgent, mode: Mode, now: datetime) -> bool:
    return (agent.asked or mode is not Mode.PULL) and _out_of_breath(agent, mode, now) is None


def _out_of_breath(agent: FreeAgent, mode: Mode, now: datetime) -> datetime | None:
    """Until when."""
    until = agent.breath_until if mode is Mode.PROGRESSIVE else None
    return until if until is not None and now < until else None


def barred_languages(desk: Iterable[FreeAgent], spoken: frozenset[str]) -> frozenset[str]:
    """Codes of languages that somebody of the house speaks and nobody on the desk: cases in them need not be looked at."""
    present = [agent.languages for agent in desk]
    if not all(present):
        return frozenset()
    return frozenset(map(_code, spoken)) - {_code(language) for languages in present for language in languages}


def foresee(
    candidates: Iterable[Candidate], desk: tuple[FreeAgent, ...], *, spoken: frozenset[str] | None = None
) -> dict[str, FreeAgent | None]:
    """Task id -> who would get it if everybody were there all day and the load were even; None: nobody can take it.

    A list for people, not a reservation. Bound tasks and owners' cases go to their agent, the rest to whoever has the least so far.
    """
    by_id = {agent.id: agent for agent in desk}
    load = dict.fromkeys(by_id, 0)
    matching = matcher(desk, spoken)
    found: dict[str, FreeAgent | None] = {}
    for candidate in candidates:
        task = candidate.task
        able = matching(task.skill, candidate.language)
        if candidate.only:
            able = tuple(agent for agent in desk if agent.id == candidate.only)
        elif task.agent in by_id:
            able = (by_id[task.agent],)
        elif any(agent.id == candidate.owner for agent in able):
            able = (by_id[candidate.owner],)
        found[task.id] = agent = min(able, key=lambda one: (load[one.id], _fit(one, candidate)), default=None)
        if agent is not None:
            load[agent.id] += 1
    return found


STRICTLY = datetime.max.replace(tzinfo=UTC)  # a person named the agent; nobody else takes it
_Rank = tuple[bool, Decimal, int, Decimal, date, datetime, str]


def _bound_until(task: Task, now: datetime) -> datetime | None:
    """Until when only `task.agent` may take it; None: anybody may."""
    if not task.agent:
        return None
    if task.origin is Origin.MANUAL:
        return STRICTLY
    until = task.not_before + BOUND_FOR
    return until if now < until else None


def under_frames(candidates: Iterable[Candidate], frames: Frames) -> list[Candidate]:
    """The candidates with what strategy and exception say about who calls.

    What a person gave to an agent, and what an agent agreed with the debtor, stays as it is: a callback finds its deputy.
    """
    found = []
    for candidate in candidates:
        frame = frames.at(candidate.task.key, candidate.potential_class)
        if (frame.agent or frame.owner_first) and candidate.task.origin not in (Origin.MANUAL, Origin.CALLBACK):
            candidate = replace(candidate, only=frame.agent, owner_first=frame.owner_first)
        found.append(candidate)
    return found


def _rank(candidate: Candidate) -> _Rank:
    """Smaller is more urgent."""
    task = candidate.task
    return (
        task.origin not in (Origin.CALLBACK, Origin.MANUAL),
        -task.value * candidate.factor,
        -task.priority,
        -max(task.open_amount.values(), default=Decimal(0)),
        task.oldest_due_on or date.max,
        task.not_before,
        task.id,
    )


def _fit(agent: FreeAgent, candidate: Candidate) -> tuple[bool, bool, bool, bool, int, str]:
    """Smaller suits better: who agreed it, the owner, who spoke with the debtor last, a first language, the fewest rare skills to spare."""
    spoken = _code(candidate.language)
    return (
        agent.id != candidate.task.agent,
        agent.id != candidate.owner,
        agent.id != candidate.spoke_last,
        bool(spoken) and (not agent.languages or _code(agent.languages[0]) != spoken),
        len(agent.skills),
        agent.id,
    )


def _code(language: str) -> str:
    """`de-AT` and `DE` are German."""
    return language[:2].lower()


def matcher(desk: tuple[FreeAgent, ...], spoken: frozenset[str] | None) -> Callable[[str, str], tuple[FreeAgent, ...]]:
    """Who of the desk has this skill and language; each pair is looked up once."""
    known = None if spoken is None else {_code(language) for language in spoken}
    found: dict[tuple[str, str], tuple[FreeAgent, ...]] = {}

    def matching(skill: str, language: str) -> tuple[FreeAgent, ...]:
        if (skill, language) not in found:
            code = _code(language)
            any_language = not code or (known is not None and code not in known)
            found[skill, language] = tuple(
                agent
                for agent in desk
                if (not skill or skill in agent.skills)
                and (any_language or not agent.languages or code in {_code(one) for one in agent.languages})
            )
        return found[skill, language]

    return matching
