"""Django as it comes, without anything of ours: what starts, and lies in memory, at the least."""
