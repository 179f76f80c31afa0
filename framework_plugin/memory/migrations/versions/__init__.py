"""The steps, one a file; their names begin with their numbers."""
