"""The one way in which the sandbox says that it cannot be had.

Owns a single exception. Knows nothing else, so that every file of the package may raise it.
Invariant: its text is one sentence that a person can act on.
"""


class SandboxUnavailable(Exception):
    """No sandbox on this machine or at this moment; the text says why and what would help."""
