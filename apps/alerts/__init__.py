"""Owns: findings about risky access: what each rule looks for, what it found, what was dismissed, and fixes.
Does not: change access or settings by its own hand; a fix is what an admin might do on their pages.
Called by: portal, for the overview; the worker."""
