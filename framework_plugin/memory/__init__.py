"""What is known of a user: SQL tables, facts, history and their removal."""
