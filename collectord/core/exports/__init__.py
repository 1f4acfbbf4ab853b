"""Exports: files that accounting drops, read strictly and judged before they change the ledger."""
