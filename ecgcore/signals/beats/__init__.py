"""Positions, shapes and the average of beats."""
