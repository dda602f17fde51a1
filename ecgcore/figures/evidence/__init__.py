"""Drawings of where measured values come from."""
