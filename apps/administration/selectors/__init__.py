"""Reads for the pages, with a fixed number of queries."""
