"""The `personal-chat` command."""
