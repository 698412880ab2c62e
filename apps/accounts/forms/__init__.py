"""Forms of accounts, one file per subject."""
