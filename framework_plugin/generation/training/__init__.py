"""From dialogues to a trained generator."""
