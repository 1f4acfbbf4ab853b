"""The store: SQLite on disk; one writer task, read-only readers, named SQL. Decides nothing."""
