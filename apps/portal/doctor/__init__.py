"""Says what is wrong with an installation, and what to do about it: one function per matter, which answers
findings. Nothing here changes anything."""
