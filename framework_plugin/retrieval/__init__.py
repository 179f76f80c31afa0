"""Answers found in documents, with their source."""
