"""Recordings as files: a writer for each format."""
