"""Filters and resampling."""
