"""What comes in as a file: planned here, checked and applied by a worker, one handler per kind of file."""
