"""Reads for the pages of this app, one file per page or question."""
