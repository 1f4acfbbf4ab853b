"""Recovery: what became of an unfinished attempt, told from what the PBX still knows.

Owns the reading of evidence (DESIGN 4.3, TELEPHONY 3): live channels, the PBX's own journal, whether the PBX is the same start-up.
Knows no link and no store.
Invariant: nothing is ever dialled again because of it, and `not_dialled` is said only when it is sure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from collectord.core.telephony.attempts import Attempt, AttemptState, CallTimes, GateSaid
from collectord.core.telephony.by_hand import BY_HAND
from collectord.core.telephony.call_flow import Seen
from collectord.core.telephony.call_seen import Adopted, LostTrack, NotDialled
from collectord.core.telephony.inbound import MODE as INBOUND
from collectord.core.telephony.pbx_calls import JournalPhase, JournalRow, LiveChannel, UnreadableRow
from collectord.core.telephony.pbx_events import DialResult, Ended, EndState, Keyed, WrapEnded

S = AttemptState
CALLER_WAITS = "IN"  # COLL_STATE of a caller for whom a phone is being rung


def evidence(
    attempt: Attempt,
    live: Iterable[LiveChannel],
    row: JournalRow | UnreadableRow | None,
    *,
    started: str,
    now: datetime,
    times: CallTimes,
) -> tuple[Seen, ...]:
    """What the attempt is shown, in order; nothing while it is too early to tell or nothing new is known.

    `live` was read before `row`: a call that ended in between has its END row. `started` is the PBX's start-up token of now.
    """
    channels = [channel for channel in live if channel.attempt_id == attempt.id]
    if attempt.state is S.CLOSED:
        return _closed_meanwhile(attempt, row, now) if isinstance(row, JournalRow) else ()
    if isinstance(row, JournalRow) and row.phase is JournalPhase.END:
        return (_ended(row, now),)
    if channels:
        return _alive(attempt, channels, row, now)
    if attempt.state is S.WRAP_UP:
        if isinstance(row, JournalRow) and row.phase is JournalPhase.KEY:
            return (_ended(row, now),)
        return (_reached_nobody(attempt, now),) if _is_caller_lost(attempt, row, started, now, times) else ()
    if attempt.agent_answered_at is None and attempt.dialled_at is None and now < attempt.placed_at + times.margin:
        return ()  # an order written to a dying link may still be carried out; a call that was heard of already, no more
    return (_gone(attempt, row, started, now),)


def _is_caller_lost(attempt: Attempt, row: JournalRow | UnreadableRow | None, started: str, now: datetime, times: CallTimes) -> bool:
    """A debtor who called beside another call (it waits for its end in wrap-up), and the PBX was killed before anybody took the call."""
    untaken = row is None or (isinstance(row, JournalRow) and row.phase is JournalPhase.AGENT)
    heard_of = attempt.result is not None or attempt.debtor_answered_at is not None
    surely = _is_restarted(attempt, started) or now >= attempt.placed_at + times.margin
    return attempt.mode == INBOUND and untaken and not heard_of and surely


def _is_restarted(attempt: Attempt, started: str) -> bool:
    return not attempt.pbx_started or attempt.pbx_started != started


def _reached_nobody(attempt: Attempt, now: datetime) -> Ended:
    return Ended(
        seen_at=now, attempt_id=attempt.id, state=EndState.MISSED, status="", cause=None, tech="",
        rang_ms=None, talk_ms=None, disp="", amount=None, on=None, at=None,
    )  # fmt: skip


def _gone(attempt: Attempt, row: JournalRow | UnreadableRow | None, started: str, now: datetime) -> Seen:
    """Nothing is alive and the journal has no end."""
    restarted = _is_restarted(attempt, started)
    match row:
        case JournalRow(phase=JournalPhase.RES | JournalPhase.KEY):
            return _ended(row, now)  # dialled, the result is known; without an outcome a person is asked
        case JournalRow(phase=JournalPhase.DIAL):
            return LostTrack("the debtor was dialled and the PBX lost the end of the call")
        case UnreadableRow():
            return LostTrack("the PBX's journal cannot be read for this call")
        case None if attempt.mode == BY_HAND and attempt.agent_answered_at is None:
            return LostTrack("dialled by hand; the PBX may have gone on before it had our answer")
        case _ if restarted and attempt.gate is not GateSaid.GO and attempt.dialled_at is None:
            return NotDialled("the PBX was restarted before the debtor could be dialled")
        case _ if restarted:
            return LostTrack("the PBX was restarted during the call; the debtor may have been dialled")
        case _ if attempt.dialled_at is not None:
            return LostTrack("the debtor was dialled and the PBX has no record of the end")
        case None:
            return NotDialled("the PBX never had this call")
        case _:
            return NotDialled("the agent was called, the debtor was not")


def _alive(attempt: Attempt, channels: list[LiveChannel], row: JournalRow | UnreadableRow | None, now: datetime) -> tuple[Seen, ...]:
    agent = next((channel for channel in channels if channel.agent_leg), None)
    if agent is None and attempt.state is S.WRAP_UP:
        return ()  # a ring-back or the *85 menu: its own events tell the rest
    if isinstance(row, JournalRow) and row.phase in (JournalPhase.RES, JournalPhase.KEY):
        told: tuple[Seen, ...] = (_dial_result(row, now), Adopted(S.WRAP_UP))
        return (*told, _keyed(row, agent, now)) if row.phase is JournalPhase.KEY and agent else told
    arriving = any(channel.coll_state == CALLER_WAITS for channel in channels)
    state = agent.coll_state if agent else CALLER_WAITS if arriving else "DIAL"
    match state:
        case "WRAP":
            stage = S.WRAP_UP
        case "DIAL":
            stage = S.TALKING if any(channel.up for channel in channels if channel is not agent) else S.RINGING_DEBTOR
        case _:
            stage = S.RINGING_AGENT
    return (Adopted(stage),)


def _closed_meanwhile(attempt: Attempt, row: JournalRow, now: datetime) -> tuple[Seen, ...]:
    """Closed without us knowing what the journal knows: the end of an unknown call, an outcome keyed while the link was down.

    An END row without a state was begun after our acknowledgement (INTERNALS 1.4), so what it says was keyed after all that we know.
    """
    if row.phase not in (JournalPhase.KEY, JournalPhase.END):
        return ()
    late = _ended(row, now)
    begun_anew = row.phase is JournalPhase.END and row.state is None
    if row.disp and (attempt.disposition is None or begun_anew):
        keyed = WrapEnded(
            seen_at=now, attempt_id=row.attempt_id, keyed=True, disp=row.disp, amount=row.amount, on=row.on, at=row.at
        )  # fmt: skip
        return late, keyed
    return (late,)


def _ended(row: JournalRow, now: datetime) -> Ended:
    return Ended(
        seen_at=now, attempt_id=row.attempt_id, state=row.state or EndState.WRAP, status=row.status, cause=row.cause, tech=row.tech,
        rang_ms=row.rang_ms, talk_ms=row.talk_ms, disp=row.disp, amount=row.amount, on=row.on, at=row.at,
    )  # fmt: skip


def _dial_result(row: JournalRow, now: datetime) -> DialResult:
    return DialResult(
        seen_at=now, attempt_id=row.attempt_id, status=row.status, cause=row.cause, tech=row.tech, rang_ms=row.rang_ms, talk_ms=row.talk_ms
    )


def _keyed(row: JournalRow, agent: LiveChannel, now: datetime) -> Keyed:
    return Keyed(
        seen_at=now, attempt_id=row.attempt_id, disp=row.disp, amount=row.amount, on=row.on, at=row.at, channel_uniqueid=agent.uniqueid
    )
