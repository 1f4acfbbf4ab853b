"""Contact: whether, when and where a debtor may be contacted."""
