"""A real company PBX and a small world of phones and debtors on loopback: for tests, the demo and `make pbx-shell`.

Owns its names for the outside. Standard library only, so that it runs before the virtual environment exists.
Invariant: importing it starts nothing.
"""

from .asterisk_files import AsteriskFiles, asterisk_files
from .both import REGISTERED, FeatureCall, Sandbox
from .company_config import NEVER_REGISTERED
from .journal import WorldEvent
from .pbx import Pbx
from .unavailable import SandboxUnavailable

__all__ = [
    "NEVER_REGISTERED",
    "REGISTERED",
    "AsteriskFiles",
    "FeatureCall",
    "Pbx",
    "Sandbox",
    "SandboxUnavailable",
    "WorldEvent",
    "asterisk_files",
]
