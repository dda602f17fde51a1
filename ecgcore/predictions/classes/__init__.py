"""Ensembles of any task beside labels: calibrators, limits and coverage of each class."""
