"""Measured figures: speed and memory, and accuracy against references."""
