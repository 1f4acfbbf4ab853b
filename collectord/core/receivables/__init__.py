"""Receivables: who owes what since when, which step of the ladder is next, what was promised."""
