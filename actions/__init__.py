"""Custom actions of the bundled assistant, run by the Rasa action server."""
