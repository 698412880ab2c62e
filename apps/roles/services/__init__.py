"""Commands of roles, one file per subject. Who may call them is decided above."""
