"""Owns: work that takes longer than a page: many lines, first planned, then applied one by one; its progress.
Does not: know what a line means; whoever plans a job hands in the handler of its kind.
Called by: administration, for what comes in as a file; the worker."""
