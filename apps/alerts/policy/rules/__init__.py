"""One function per rule: facts in, what is found out. Each file has one kind of fact."""
