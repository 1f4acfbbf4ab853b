"""Decisions: pure, synchronous, frozen values in and out. Knows no clock, no store, no PBX."""
