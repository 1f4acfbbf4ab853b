"""A PBX: the only package that speaks AMI and the only one that imports panoramisk.

Owns the way from our values to bytes on the manager's socket and back. Takes no decision; what it reports are `core.pbx_events`.
Invariant: an order reaches the wire at most once, and never with a character in it that Asterisk could read as a second one.
"""

from collectord.edge.pbx.actions import display_text
from collectord.edge.pbx.asterisk import AsteriskPbx, Privileges
from collectord.edge.pbx.faults import OrderRefused, PbxFault, PbxRefused, PbxUnreachable
from collectord.edge.pbx.link import Health, LinkState, PbxLink, Timing, tls_context

__all__ = [
    "AsteriskPbx",
    "Health",
    "LinkState",
    "OrderRefused",
    "PbxFault",
    "PbxLink",
    "PbxRefused",
    "PbxUnreachable",
    "Privileges",
    "Timing",
    "display_text",
    "tls_context",
]
