"""Reliability curves, their decomposition, and calibrators."""
