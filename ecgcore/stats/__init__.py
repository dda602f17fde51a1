"""Numbers about arrays of labels and probabilities; no data set and no task is known here."""
