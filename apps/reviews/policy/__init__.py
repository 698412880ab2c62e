"""What may be done, and when: pure decisions about reviews, rounds and lines, one file each."""
