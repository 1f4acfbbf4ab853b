"""Loops: read edge, ask core, write edge, wait. No arithmetic, no SQL text, no AMI header."""
