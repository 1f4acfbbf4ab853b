"""Notices leave the house: by e-mail and by webhook.

Owns the two ways out. Knows neither what is told nor whether it was told before.
Invariant: certificates are verified, nothing is followed elsewhere, and a way that hangs is given up after a while.
"""

from collectord.edge.notices.hook import Hook
from collectord.edge.notices.mail import Mailbox
from collectord.edge.notices.way import NotTaken, Parcel, Way

__all__ = ["Hook", "Mailbox", "NotTaken", "Parcel", "Way"]
