"""Playing the rules forward: the real decisions, with debtors made up after figures from practice."""
