"""Forms of access reviews, one file for each kind of page."""
