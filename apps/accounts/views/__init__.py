"""Pages of accounts, one file per subject."""
