"""Checks of a map, each with its number."""
