"""Pages of access reviews, one file for each part."""
