"""Whom to tell of what happens to an assignment, and in which words. Apps above ask for the same cells."""
