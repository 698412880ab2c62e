"""What was held and used on each day: how it is counted, written and read."""
