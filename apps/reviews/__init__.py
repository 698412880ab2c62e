"""Owns: access reviews: what is reviewed and how often, each round, its lines, and what was decided on them.
Does not: take access away by its own hand; what was denied goes through the door, in the review's name.
Called by: portal, for the menu and the home page; the worker."""
