"""Where readings are kept: append-only, each entry chained to the one before by its hash."""
