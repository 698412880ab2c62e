"""Owns: notices, the in-app inbox and the mail made from one row, and their delivery.
Does not: decide whom to tell; it is handed finished recipients and texts.
Called by: every command of every app above, in the transaction of the change."""
