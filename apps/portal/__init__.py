"""Owns: what looks at everything: navigation, home, error pages, health, the demo organisation, `serve`.
Does not: hold rules, or tables but that of the machines at work.
Called by: nobody; it stands on top of the house."""
