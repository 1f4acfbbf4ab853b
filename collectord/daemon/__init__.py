"""The daemon, by the names that others may use.

`life`: what starts, is wired and ends; `state`: what the loops share; `keeping`: how a turn is kept going; `work_turns`, `call_turns`,
`upkeep_turns`: the turns themselves. Owns nothing else.
Invariant: nobody outside imports from the modules behind.
"""

from collectord.daemon.keeping import TEXTS, keep
from collectord.daemon.life import SWITCH_EVERY, Daemon

__all__ = ["SWITCH_EVERY", "TEXTS", "Daemon", "keep"]
