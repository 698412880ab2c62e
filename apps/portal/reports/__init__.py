"""The report of who held what, on a day or in a period, with how it came about beside it.

It looks at assignments, requests and reviews together, which is why it stands in the portal itself."""
