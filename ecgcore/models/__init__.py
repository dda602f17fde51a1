"""Architectures, weights, predictions."""
