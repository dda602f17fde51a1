"""Several labels at once: figures of whole sets, thresholds of each class, votes, groups."""
