"""Dialogues: value objects, readers, cleaning and training examples."""
