"""What the next version would bring: a migration and nothing else."""
