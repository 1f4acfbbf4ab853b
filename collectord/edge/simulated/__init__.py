"""The built-in simulated PBX (`kind = "simulated"`): AMI on a loopback socket, with agents and debtors behind it.

Owns the names that others may import. Imports no other edge. Invariant: whoever talks to it needs the real AMI client.
"""

from collectord.edge.simulated.faults import DropWhen, Faults, WireEntry
from collectord.edge.simulated.server import SimulatedPbx, serve
from collectord.edge.simulated.world import HANG_UP, NOTHING, Agent, Trunks

__all__ = ["HANG_UP", "NOTHING", "Agent", "DropWhen", "Faults", "SimulatedPbx", "Trunks", "WireEntry", "serve"]
