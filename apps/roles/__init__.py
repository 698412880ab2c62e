"""Owns: resources (the tree), role definitions and role settings with their inheritance.
Does not: know who holds a role.
Called by: assignments and access_requests to obey settings; administration to change them."""
