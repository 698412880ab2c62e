"""Commands of accounts, one file per subject."""
