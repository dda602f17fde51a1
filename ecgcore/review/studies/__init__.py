"""Reader studies: readers with and without a model's advice, by a protocol that is locked."""
