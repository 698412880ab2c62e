"""Commands of the door, one file per use case. `submit` is the door itself."""
