"""The thin adapters through which Rasa uses the rooms below."""
