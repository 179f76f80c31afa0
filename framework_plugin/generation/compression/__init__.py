"""Smaller and faster generators made from a trained one, and what that costs."""
