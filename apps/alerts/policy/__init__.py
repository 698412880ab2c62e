"""What counts as risky, and who may do what about it: pure."""
