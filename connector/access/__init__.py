"""Who may see what: users, their roles and units, sessions, API tokens, and the log of who looked at whom."""
