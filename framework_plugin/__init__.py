"""A voice and a memory for Chinese assistants built on Rasa 3.6."""

__version__ = "0.2.0"
