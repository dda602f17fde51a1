"""A whole study as one file that needs no network."""
