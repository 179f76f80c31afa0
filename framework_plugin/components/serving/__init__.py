"""What makes an agent quick and fit for many users: threads, measures, logs, limits."""
