"""Owns: the append-only record of what happened, its vocabulary, search and export; the seals that prove it.
Does not: know anybody's models; names and ids are kept as text, so events outlive what they tell of.
Called by: every command of every app above, in the transaction of the change."""
