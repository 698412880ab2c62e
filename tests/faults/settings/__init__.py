"""Settings of portals that something is wrong with."""
