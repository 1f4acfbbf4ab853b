"""Whose fault it is when a PBX cannot be asked.

Owns the error classes of this package. Touches nothing.
Invariant: each carries one sentence that an administrator can act on; `sent` is False only when not one byte was written.
"""

from __future__ import annotations


class PbxFault(Exception):
    """Anything that kept a PBX from doing what it was asked."""


class PbxUnreachable(PbxFault):
    """No answer. `sent` tells whether the order may have been carried out all the same."""

    def __init__(self, sentence: str, *, sent: bool) -> None:
        super().__init__(sentence)
        self.sent = sent


class PbxRefused(PbxFault):
    """The PBX answered, and the answer was no."""


class OrderRefused(PbxFault):
    """Our own check refused to put this on the wire: `field` names the culprit, never its content."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
