"""Attacks on the store of readings: many readers at once, kills in mid-write, tampering."""
