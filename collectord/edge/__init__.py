"""The outside: one thing per file or small package; reads and writes, decides nothing."""
