"""Whom administration tells of what it did, one module per subject."""
