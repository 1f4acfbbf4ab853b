"""ConfigInvalid: what is raised when a configuration cannot be used.

Owns the exception alone. Knows no key.
Invariant: it holds one sentence a problem, and at least one.
"""

from __future__ import annotations

from collectord.core.wording import Language


class ConfigInvalid(Exception):
    """The configuration cannot be used: one sentence a problem, each with file, line and key."""

    def __init__(self, problems: list[str], language: Language = "en") -> None:
        """`language`: of the people of the house, as far as the configuration says so."""
        super().__init__("\n".join(problems))
        self.problems, self.language = problems, language
