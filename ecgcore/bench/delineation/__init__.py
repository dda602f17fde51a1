"""Measurements beside LUDB's cardiologists."""
