"""Telephony: the course of a call, who is rung, and what follows from it."""
