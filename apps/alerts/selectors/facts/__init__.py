"""Loads what the rules look at: a fixed number of queries, however much there is."""
