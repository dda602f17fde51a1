"""What a reader works through: lists of cases, filters with names, what the models say."""
