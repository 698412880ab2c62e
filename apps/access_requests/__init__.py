"""Owns: the one door for access: asking, judging, deciding, and the record of each request.
Does not: hold access itself; a granted request ends in one call down to assignments.
Called by: its own pages, and later bulk forms, reviews, alert fixes, command line and API."""
