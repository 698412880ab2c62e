"""Owns: principals (users and groups), sign-in, the second factor and its freshness (step-up).
Does not: know what anybody may do; that comes from the assignments above.
Called by: every app above for people; `web.py` gives their forms the second-factor field."""
