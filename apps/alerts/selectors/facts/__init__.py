"""Loads what the rules look at: a fixed number of queries, however much there is."""

from apps.alerts.selectors.facts import holders, keepers, outside, requests, roles, settings

__all__ = ["holders", "keepers", "outside", "requests", "roles", "settings"]
