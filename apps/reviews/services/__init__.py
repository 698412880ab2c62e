"""Commands, one file for each step in the life of a review."""
