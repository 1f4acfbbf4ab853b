"""Call log: the course of calls in the daemon's log.

Writes log lines. Reads no store, changes nothing.
Invariant: who did what, never to whom but by number of the debtor; no name and no telephone number.
"""

from __future__ import annotations

from typing import Any

from collectord.core.telephony.attempts import Attempt
from collectord.core.telephony.pbx_events import AgentAccepted, AgentUp, CallEvent, DebtorUp, Dialling, DialResult, Ended, Keyed


def tell(log: Any, event: CallEvent) -> None:
    match event:
        case AgentUp():
            log.info("agent_answered", attempt=event.attempt_id)
        case AgentAccepted():
            log.info("agent_accepted", attempt=event.attempt_id)
        case Dialling():
            log.info("debtor_dialled", attempt=event.attempt_id)
        case DebtorUp():
            log.info("debtor_answered", attempt=event.attempt_id)
        case DialResult():
            log.info("dial_ended", attempt=event.attempt_id, status=event.status, cause=event.cause, tech=event.tech)
        case Keyed():
            log.info("outcome_keyed", attempt=event.attempt_id, key=event.disp)
        case Ended():
            log.debug("call_ended", attempt=event.attempt_id, state=event.state.value)


def tell_end(log: Any, over: Attempt) -> None:
    log.info(
        "attempt_closed",
        attempt=over.id,
        debtor=str(over.key),
        agent=over.agent,
        agent_result=over.agent_result,
        result=over.result,
        disposition=over.disposition,
    )
