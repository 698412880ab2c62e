"""Reads for pages and scans, with a fixed number of queries."""
