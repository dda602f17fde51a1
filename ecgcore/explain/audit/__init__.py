"""The audit: maps of fold 10 by every shipped ensemble, their checks, and what they say."""
