"""What makes an agent fit for many users: threads, measures, logs, limits."""
