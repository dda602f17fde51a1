"""Two models beside each other: paired intervals, tests and matched records."""
