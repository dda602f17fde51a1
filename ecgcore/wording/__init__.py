"""The words and numbers that readers see: one table for each concept."""
