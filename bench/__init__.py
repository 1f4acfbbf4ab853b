"""Benchmarks: one file a question, each beside a yardstick measured in the same run.

Own processes, folders and tables of their own; nothing of the product is changed for them, only watched.
Invariant: a number never stands alone: what is reported is a ratio to something anybody can repeat. No test depends on it.
"""
