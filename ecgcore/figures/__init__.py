"""Drawings of numbers; nothing is computed here."""
