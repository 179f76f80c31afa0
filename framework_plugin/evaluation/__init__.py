"""Figures of merit for generated replies."""
