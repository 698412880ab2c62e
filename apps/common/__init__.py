"""Owns: the words every app shares: decisions, periods, transitions, errors, portal permissions.
Does not: know any table, page or app. `web/` holds what pages of several apps share.
Called by: everybody."""
